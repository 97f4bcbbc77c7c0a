"""The published backend: a bucket of Backblaze B2, Amazon, Cloudflare R2, MinIO, SeaweedFS, or any other S3 server."""

from __future__ import annotations

import base64
import warnings
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self

from genblaze import InvalidValueError, StorageError, URLPolicyError
from genblaze.models.enums import StorageErrorCode, URLPolicy
from genblaze.storing import (
    DeleteError,
    DeleteResult,
    ListPage,
    ObjectMetadata,
    ReadOptions,
    StorageBackend,
    TransferProgress,
    check_key,
)
from genblaze_s3.lifecycle import ensure_rules
from genblaze_s3.presigned import PresignedURL
from genblaze_s3.settings import OWN_CONFIG, Settings, backblaze_settings
from genblaze_s3.store import S3Store
from genblaze_s3.versions import AT_ONCE, ObjectVersion, remove_versions, versions_below

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from genblaze.storing import Encryption, ObjectLockConfig, StorageConfig

    Progress = Callable[[TransferProgress], None] | None

__all__ = ["S3StorageBackend"]

HOUR: Final = 3600


class S3StorageBackend(StorageBackend):
    """Objects of one bucket. Making one sends nothing; connections are opened by the first operation.

    Args:
        bucket: Name of the bucket.
        endpoint_url: The server; Amazon unless given (or `AWS_ENDPOINT_URL_S3`).
        region: The bucket's region; `AWS_REGION`, `AWS_DEFAULT_REGION` or us-east-1 unless given.
        public_url_base: What stands before the key in URLs that everybody can read, such as a CDN's.
        aws_access_key_id: The access key; boto3 looks where it always does unless given.
        aws_secret_access_key: Its secret.
        access_key_id: The same as `aws_access_key_id`.
        secret_access_key: The same as `aws_secret_access_key`.
        config: Timeouts, attempts, sizes of parts, how the bucket is addressed.
        deadline: Seconds after which a request that failed is not sent again.

    Raises:
        TypeError: The key or its secret is given under both names.
        InvalidValueError: What is given cannot name a bucket.
    """

    def __init__(
        self,
        bucket: str,
        *,
        endpoint_url: str | None = None,
        region: str | None = None,
        public_url_base: str | None = None,
        aws_access_key_id: str | None = None,
        aws_secret_access_key: str | None = None,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
        config: StorageConfig = OWN_CONFIG,
        deadline: float = 120.0,
    ) -> None:
        self._store = S3Store(
            Settings(
                bucket=bucket,
                endpoint_url=endpoint_url,
                region=region,
                public_url_base=public_url_base,
                access_key=_one_of("access_key_id", access_key_id, aws_access_key_id),
                secret_key=_one_of("secret_access_key", secret_access_key, aws_secret_access_key),
                config=config,
                deadline=deadline,
            )
        )

    @classmethod
    def for_backblaze(
        cls,
        bucket: str | None = None,
        *,
        region: str | None = None,
        key_id: str | None = None,
        app_key: str | None = None,
        public_url_base: str | None = None,
        auto_lifecycle: bool = False,
        preflight: bool = True,
    ) -> Self:
        """A bucket at Backblaze B2.

        Args:
            bucket: Its name, else `B2_BUCKET`.
            region: Its region, else `B2_REGION`, else us-west-004.
            key_id: The application key's id, else `B2_KEY_ID` or `B2_APPLICATION_KEY_ID`.
            app_key: The application key, else `B2_APP_KEY` or `B2_APPLICATION_KEY`.
            public_url_base: What stands before the key in URLs that everybody can read.
            auto_lifecycle: Call `ensure_lifecycle_defaults` before the first object is written.
            preflight: Let pipelines ask, before anything is paid, whether the bucket is there and the key is known.

        Raises:
            InvalidValueError: The bucket or the key is neither given nor set.
        """
        if auto_lifecycle and not preflight:
            msg = "for_backblaze: auto_lifecycle=True needs preflight=True"
            raise InvalidValueError(msg)
        settings = backblaze_settings(bucket, region, key_id, app_key, public_url_base=public_url_base)
        backend = cls(
            settings.bucket,
            endpoint_url=settings.endpoint_url,
            region=settings.region,
            public_url_base=settings.public_url_base,
            access_key_id=settings.access_key,
            secret_access_key=settings.secret_key,
        )
        backend._store.asks_first = preflight
        if auto_lifecycle:
            backend._store.before_first_write(backend._set_lifecycle)
        return backend

    def __repr__(self) -> str:
        settings = self._store.client.settings
        return f"{type(self).__name__}({settings.bucket!r}, endpoint_url={settings.endpoint!r})"

    def as_store(self) -> S3Store:
        """The store that sinks use."""
        return self._store

    def put(
        self,
        key: str,
        data: bytes | BinaryIO,
        *,
        content_type: str | None = None,
        metadata: dict[str, str] | None = None,
        extra_args: dict[str, Any] | None = None,
        encryption: Encryption | None = None,
        object_lock: ObjectLockConfig | None = None,
        progress: Progress = None,
    ) -> str:
        """Write an object, in place of any that is there, and return its key.

        Args:
            key: Its name.
            data: Its content; a file is read from where it stands, in blocks.
            content_type: Media type that readers are told.
            metadata: User metadata.
            extra_args: Further arguments of S3's PutObject; they win over content type and metadata.
            encryption: Encryption at rest.
            object_lock: Retention.
            progress: Called as the upload advances.

        Raises:
            InvalidValueError: `extra_args` says again what `encryption` or `object_lock` says.
        """
        check_key(key, "put")
        further = extra_args or {}
        named = {"ContentType": content_type, "Metadata": metadata}
        options = {} if object_lock is None else object_lock.to_extra_args()
        options |= {} if encryption is None else encryption.to_put_extra_args()
        twice = options.keys() & further.keys()
        if twice:
            msg = f"put: {', '.join(sorted(twice))} is given as an argument and in extra_args; give it once"
            raise InvalidValueError(msg)
        arguments = {name: value for name, value in (named | options | further).items() if value}
        said = further.get("ChecksumSHA256")
        sha256 = None if said is None else base64.b64decode(said).hex()
        self._store.write(key, data, arguments, sha256, _teller(progress, "put", key))
        return key

    def get(self, key: str, *, encryption: Encryption | None = None, progress: Progress = None) -> bytes:
        """The whole content of an object, compared with the digest that it was stored with."""
        content = self._store.get(key, ReadOptions(encryption=encryption))
        _teller(progress, "get", key)(len(content), len(content))
        return content

    def stream(
        self,
        key: str,
        *,
        chunk_size: int = 8 * 1024 * 1024,
        encryption: Encryption | None = None,
        progress: Progress = None,
    ) -> Generator[bytes, None, None]:
        """The content of an object in pieces of at most so many bytes; a broken connection is taken up again."""
        found = None if progress is None else self.head(key, encryption=encryption)
        tell, done = _teller(progress, "stream", key), 0
        with self._store.open(key, ReadOptions(encryption=encryption)) as file:
            while piece := file.read(chunk_size):
                done += len(piece)
                tell(done, None if found is None else found.size)
                yield piece

    def get_range(self, key: str, *, offset: int, length: int, encryption: Encryption | None = None) -> bytes:
        """A part of an object's content; what lies past its end is left out."""
        return self._store.get(key, ReadOptions(offset=offset, length=length, encryption=encryption))

    def exists(self, key: str) -> bool:
        """Whether there is an object; that it may not be looked at is an error."""
        return self._store.head(key) is not None

    def head(self, key: str, *, encryption: Encryption | None = None) -> ObjectMetadata | None:
        """What is known about an object; None when there is none."""
        return self._store.head(key, ReadOptions(encryption=encryption))

    def list(self, prefix: str = "", *, max_keys: int = 1000, continuation_token: str | None = None) -> ListPage:
        """The objects whose keys begin with a prefix, a page at a time."""
        return self._store.list(prefix, max_keys=max_keys, continuation_token=continuation_token)

    def copy(self, src_key: str, dst_key: str, *, encryption: Encryption | None = None) -> None:
        """Write an object's content under another key, inside the server."""
        self._store.copy(src_key, dst_key, encryption)

    def delete(self, key: str) -> None:
        """Remove an object; that it was not there is no error.

        In a bucket that keeps versions, as Backblaze's do, it is only hidden: see `delete_prefix(versions=True)`.
        """
        self._store.delete(key)

    def delete_many(self, keys: Sequence[str], *, dry_run: bool = False) -> DeleteResult:
        """Remove several objects, a thousand with one request; one that cannot be removed does not keep the others."""
        if dry_run:
            return DeleteResult(tuple(keys), (), dry_run)
        errors: tuple[DeleteError, ...] = ()
        for start in range(0, len(keys), AT_ONCE):
            errors += self._delete_some(keys[start : start + AT_ONCE])
        failed = {error.key for error in errors}
        return DeleteResult(tuple(key for key in keys if key not in failed), errors, dry_run)

    def _delete_some(self, keys: Sequence[str]) -> tuple[DeleteError, ...]:
        """The failures of one request; a server that does not take several keys gets them one by one."""
        client = self._store.client
        wanted = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
        try:
            answer = client.call(
                "delete", keys[0], lambda s3: s3.delete_objects(Bucket=client.settings.bucket, Delete=wanted)
            )
        except StorageError as error:
            if error.error_code is StorageErrorCode.INVALID_INPUT:
                return super().delete_many(keys).errors
            return tuple(DeleteError(key, str(error.error_code), str(error)) for key in keys)
        failed = answer.get("Errors", ())
        return tuple(DeleteError(each["Key"], each.get("Code", ""), each.get("Message", "")) for each in failed)

    def delete_prefix(self, prefix: str, *, dry_run: bool = True, versions: bool = False) -> DeleteResult:
        """Remove all objects whose keys begin with a prefix; unless told otherwise only say which.

        Args:
            prefix: What their keys begin with.
            dry_run: Only say what would be removed.
            versions: Remove every version and the marks of deleted objects too, so that nothing is left. A version that
                Object Lock keeps is among the errors, with its end.

        Raises:
            InvalidValueError: The prefix is empty, which would mean everything.
        """
        if not versions or not prefix:
            return super().delete_prefix(prefix, dry_run=dry_run)
        return remove_versions(self._store.client, prefix, dry_run=dry_run)

    def list_versions(self, prefix: str = "") -> Iterator[ObjectVersion]:
        """All versions of the objects whose keys begin with a prefix, and the marks of those that were deleted."""
        return versions_below(self._store.client, prefix)

    def get_url(self, key: str, *, expires_in: int | None = None, policy: URLPolicy = URLPolicy.AUTO) -> str:
        """A URL from which the object can be read.

        Args:
            key: The object.
            expires_in: Seconds that a signed URL lasts, an hour unless given.
            policy: PUBLIC wants the public base, PRESIGNED always signs, AUTO takes the public base where there is
                one and signs otherwise.

        Raises:
            URLPolicyError: PUBLIC without a public base, or with `expires_in`, which such a URL cannot keep.
        """
        public = self.public_url_base is not None
        if policy == URLPolicy.PUBLIC and (not public or expires_in is not None):
            problem = "a public URL does not expire" if public else "there is no public_url_base"
            msg = f"get_url: {problem}; use URLPolicy.PRESIGNED, or give the backend a public_url_base."
            raise URLPolicyError(msg)
        if public and policy != URLPolicy.PRESIGNED:
            return self._store.url_of(key)
        return self._store.presign(key, expires_in=HOUR if expires_in is None else expires_in)

    def get_durable_url(self, key: str) -> str:
        """The lasting URL of an object: under the public base, else at the endpoint."""
        return self._store.url_of(key)

    def key_from_url(self, url: str) -> str | None:
        """The key of a URL of this bucket; None for any other URL."""
        return self._store.key_of(url)

    def presigned_get(self, key: str, *, expires_in: int = HOUR) -> PresignedURL:
        """A URL from which the object can be read without credentials, at most a week."""
        return self._signed("GET", key, expires_in)

    def presigned_put(self, key: str, *, expires_in: int = HOUR, content_type: str | None = None) -> PresignedURL:
        """A URL to which the object can be written without credentials; with a content type, only as that type."""
        bound = {} if content_type is None else {"ContentType": content_type}
        return self._signed("PUT", key, expires_in, **bound)

    def presigned_get_url(self, key: str, *, expires_in: int = HOUR) -> str:
        """The URL of `presigned_get`."""
        return self.presigned_get(key, expires_in=expires_in).url

    def presigned_put_url(self, key: str, *, expires_in: int = HOUR, content_type: str | None = None) -> str:
        """The URL of `presigned_put`."""
        return self.presigned_put(key, expires_in=expires_in, content_type=content_type).url

    def ensure_lifecycle_defaults(
        self, *, cancel_multipart_after_days: int = 7, noncurrent_version_expire_days: int | None = 30
    ) -> None:
        """Let the bucket remove the parts of unfinished uploads and old versions; rules of yours stay.

        Args:
            cancel_multipart_after_days: When the parts are removed.
            noncurrent_version_expire_days: When replaced versions are removed; None keeps them.
        """
        ensure_rules(self._store.client, cancel_multipart_after_days, noncurrent_version_expire_days)

    def close(self) -> None:
        """Close the connections."""
        self._store.close()

    @property
    def public_url_base(self) -> str | None:
        """What stands before the key in URLs that everybody can read."""
        return self._store.client.settings.public_url_base

    def _set_lifecycle(self) -> None:
        """What `auto_lifecycle` asked for. A key without the right to it can still write objects."""
        try:
            self.ensure_lifecycle_defaults()
        except StorageError as error:
            warnings.warn(f"The bucket's lifecycle stays as it is: {error}", UserWarning, stacklevel=4)

    def _signed(self, method: Any, key: str, expires_in: int, **bound: str) -> PresignedURL:
        url = self._store.sign(f"{method.lower()}_object", key, expires_in, **bound)
        return PresignedURL(url, method, key, self._store.client.settings.bucket, expires_in)


def _one_of(name: str, value: str | None, other: str | None) -> str | None:
    if value is not None and other is not None:
        msg = f"give {name} or aws_{name}, not both: they are the same"
        raise TypeError(msg)
    return other if value is None else value


def _teller(progress: Progress, operation: str, key: str) -> Callable[[int, int | None], None]:
    def tell(done: int, total: int | None) -> None:
        if progress is not None:
            progress(TransferProgress(done, total, operation, key))

    return tell
