"""A bucket as a store."""

from __future__ import annotations

import base64
import re
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast
from urllib.parse import quote, unquote, urlsplit

from genblaze import StorageError
from genblaze.models.enums import StorageErrorCode
from genblaze.storing import FileEntry, ListPage, ObjectMetadata, PutOptions, ReadOptions, check_key
from genblaze_s3.bodies import Body, opened
from genblaze_s3.client import Client
from genblaze_s3.downloads import open_object, read_object
from genblaze_s3.uploads import DIGEST_NAME, Upload, goes_in_parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from genblaze.storing import Encryption
    from genblaze.storing.store import Content
    from genblaze_s3.settings import Settings

__all__ = ["S3Store"]

LONGEST_URL: Final = 7 * 24 * 3600
"""Seconds that a signed URL may last: the bound of the signature's protocol."""

BAD_REQUEST: Final = 400
CONDITION_FAILED: Final = 412
NOT_IMPLEMENTED: Final = 501
#: Backblaze's own URLs of public buckets, before the bucket; the number is the cluster's.
FRIENDLY: Final = re.compile(r"^https://f\d{3}\.backblazeb2\.com/file/")

DEFAULT_PUT: Final = PutOptions()
DEFAULT_READ: Final = ReadOptions()


def _tell_nobody(_done: int, _size: int) -> None:
    """Progress that nobody wants to hear of."""


class S3Store:
    """The objects of one bucket.

    What the server can do is learned from its answers, once: whether it writes conditionally (`put_if_absent` asks
    first and puts then where it does not, as at Backblaze B2), and whether it takes checksums in headers (MD5 is sent
    where it does not), and whether it says that it has compared them (the content is hashed here too until it has).

    Args:
        settings: Where the bucket is. Nothing is sent before the first operation.

    Attributes:
        asks_first: Whether `preflight` asks the server.
    """

    def __init__(self, settings: Settings) -> None:
        self.client = Client(settings)
        self.conditional_put = True
        self._checksums = True
        self._compares = False
        self._lock = threading.Lock()
        self.asks_first = True
        self._preparation: Callable[[], None] | None = None

    def __repr__(self) -> str:
        return f"S3Store({self.client.settings.bucket!r} at {self.client.settings.endpoint})"

    def before_first_write(self, preparation: Callable[[], None]) -> None:
        """Let something be done once, before an object is written for the first time."""
        self._preparation = preparation

    def preflight(self, *, locking: bool = False) -> None:
        """Refuse a bucket that is not there, a key that is not known, and retention where the bucket has none.

        What the key may do is not looked at: that it may not list says nothing about writing.
        """
        if self.asks_first:
            self._ask("list_objects_v2", MaxKeys=1)
            if locking:
                self._ask("get_object_lock_configuration")

    def _ask(self, method: str, **arguments: Any) -> None:
        """Ask about the bucket; that the key has no right to know is no answer."""
        try:
            self._call("preflight", self.client.settings.bucket, method, **arguments)
        except StorageError as error:
            if error.error_code is not StorageErrorCode.ACCESS_DENIED:
                raise

    def put(self, key: str, data: Content, options: PutOptions = DEFAULT_PUT) -> None:
        """Write an object, in place of any that is there."""
        check_key(key, "put")
        self.write(key, data, _put_arguments(options), options.sha256)

    def put_if_absent(self, key: str, data: Content, options: PutOptions = DEFAULT_PUT) -> bool:
        """Write an object unless there is one."""
        check_key(key, "put")
        with opened(data) as body:
            # A condition on an object in parts is looked at when all of it is up.
            asks_first = not self.conditional_put or goes_in_parts(body, self.client.settings.config)
            if asks_first and self._is_there(key, options):
                return False
            return self._write_if_absent(key, body, options)

    def _write_if_absent(self, key: str, body: Body, options: PutOptions) -> bool:
        arguments = _put_arguments(options)
        if self.conditional_put:
            try:
                self._write(key, body, arguments | {"IfNoneMatch": "*"}, options.sha256)
            except StorageError as error:
                if error.status_code == CONDITION_FAILED:
                    return False
                if error.status_code != NOT_IMPLEMENTED:
                    raise
                self.conditional_put = False
                if self._is_there(key, options):
                    return False
            else:
                return True
        self._write(key, body, arguments, options.sha256)
        return True

    def _is_there(self, key: str, options: PutOptions) -> bool:
        return self.head(key, ReadOptions(encryption=options.encryption)) is not None

    def write(
        self,
        key: str,
        data: Content,
        arguments: dict[str, Any],
        sha256: str | None = None,
        progress: Callable[[int, int], None] = _tell_nobody,
    ) -> None:
        """Write an object with arguments of PutObject.

        Args:
            key: Its name.
            data: Its content.
            arguments: By S3's names, without the body.
            sha256: Digest that the content must have, in lowercase hexadecimal.
            progress: Called with the number of bytes that are up, and how many it will be.
        """
        with opened(data) as body:
            self._write(key, body, arguments, sha256, progress)

    def _write(
        self,
        key: str,
        body: Body,
        arguments: dict[str, Any],
        sha256: str | None,
        progress: Callable[[int, int], None] = _tell_nobody,
    ) -> None:
        self._prepare()
        digest = sha256 or body.sha256()
        metadata = arguments.get("Metadata", {}) | {DIGEST_NAME: digest}
        arguments = {**arguments, "Metadata": metadata}
        upload = partial(Upload, self.client, key, body, arguments, digest, progress=progress)
        if self._checksums:
            trusting = sha256 is None or self._compares
            try:
                self._compares = upload(checksums=True, trusting=trusting).send() or self._compares
            except StorageError as error:
                if not _may_refuse_checksums(error, arguments):
                    raise
            else:
                return
        upload(checksums=False, trusting=sha256 is None).send()
        self._checksums = False

    def _prepare(self) -> None:
        with self._lock:
            preparation, self._preparation = self._preparation, None
            if preparation is not None:
                preparation()

    def get(self, key: str, options: ReadOptions = DEFAULT_READ) -> bytes:
        """The content of an object, or a range of it; a whole object is compared with its digest."""
        check_key(key, "get")
        return read_object(self.client, key, options)

    def open(self, key: str, options: ReadOptions = DEFAULT_READ) -> BinaryIO:
        """The content of an object, or a range of it, as a file; the caller closes it."""
        check_key(key, "get")
        return open_object(self.client, key, options)

    def head(self, key: str, options: ReadOptions = DEFAULT_READ) -> ObjectMetadata | None:
        """What is known about an object; None when there is none."""
        check_key(key, "head")
        arguments = {} if options.encryption is None else options.encryption.to_head_extra_args()
        try:
            return _metadata(key, self._head(key, arguments))
        except StorageError as error:
            if error.error_code is StorageErrorCode.NOT_FOUND:
                return None
            raise

    def _head(self, key: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """The answer of HeadObject, with the checksum where the server can tell it."""
        send = partial(self._call, "head", key, "head_object", Key=key, **arguments)
        if self._checksums:
            try:
                return cast("dict[str, Any]", send(ChecksumMode="ENABLED"))
            except StorageError as error:
                if error.status_code != BAD_REQUEST:
                    raise
        answer: dict[str, Any] = send()
        self._checksums = False
        return answer

    def list(self, prefix: str = "", *, max_keys: int = 1000, continuation_token: str | None = None) -> ListPage:
        """The objects whose keys begin with a prefix, a page of at most 1000 at a time, each in order of key."""
        if max_keys < 1:
            msg = f"list: max_keys is {max_keys}, it must be at least 1."
            raise StorageError(msg, error_code=StorageErrorCode.INVALID_INPUT, operation="list")
        token = {} if continuation_token is None else {"ContinuationToken": continuation_token}
        answer = self._call("list", prefix, "list_objects_v2", Prefix=prefix, MaxKeys=max_keys, **token)
        entries = sorted(map(_entry, answer.get("Contents", ())), key=_order)  # SeaweedFS lists folder by folder
        return ListPage(tuple(entries), answer.get("NextContinuationToken"))

    def copy(self, src_key: str, dst_key: str, encryption: Encryption | None = None) -> None:
        """Write an object's content under another key, inside the server."""
        check_key(src_key, "copy")
        check_key(dst_key, "copy")
        arguments = {} if encryption is None else encryption.to_copy_extra_args()
        source = {"Bucket": self.client.settings.bucket, "Key": src_key}
        self._call("copy", src_key, "copy_object", Key=dst_key, CopySource=source, **arguments)

    def delete(self, key: str) -> None:
        """Remove an object. In a bucket with versions it is hidden, and its versions stay."""
        check_key(key, "delete")
        try:
            self._call("delete", key, "delete_object", Key=key)
        except StorageError as error:
            if error.error_code is not StorageErrorCode.NOT_FOUND:
                raise

    def presign(self, key: str, *, expires_in: int = 3600) -> str:
        """A URL from which the object can be read for so many seconds, at most a week."""
        return self.sign("get_object", key, expires_in)

    def sign(self, method: str, key: str, expires_in: int, **arguments: Any) -> str:
        """A signed URL for one of S3's operations.

        Raises:
            StorageError: The key is none, the time is out of bounds, or there are no credentials.
        """
        check_key(key, "url")
        if not 1 <= expires_in <= LONGEST_URL:
            msg = f"url: expires_in is {expires_in}, it must be 1 to {LONGEST_URL} seconds (a week)."
            raise StorageError(msg, error_code=StorageErrorCode.INVALID_INPUT, operation="url")
        parameters = {"Bucket": self.client.settings.bucket, "Key": key, **arguments}
        url: str = self.client.run(
            "url",
            key,
            lambda: self.client.boto().generate_presigned_url(method, Params=parameters, ExpiresIn=expires_in),
        )
        return url

    def url_of(self, key: str) -> str:
        """The lasting URL: under the public base where there is one, else at the endpoint."""
        check_key(key, "url")
        return f"{self._bases()[0]}/{quote(key)}"

    def key_of(self, url: str) -> str | None:
        """The key of a URL of this bucket: at the public base, at the endpoint, or `s3:`; None for any other."""
        settings = self.client.settings
        if settings.at_backblaze:
            url = FRIENDLY.sub(f"{settings.endpoint}/", url)
        for base in self._bases():
            key = unquote(url.removeprefix(f"{base}/"))
            if url == f"{base}/{quote(key)}" and _is_key(key):
                return key
        return None

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def _bases(self) -> tuple[str, ...]:
        """What stands before `/key` in URLs of this bucket, the one for records first."""
        settings = self.client.settings
        endpoint = urlsplit(settings.endpoint)
        public = () if settings.public_url_base is None else (settings.public_url_base.rstrip("/"),)
        return (
            *public,
            f"{settings.endpoint}/{settings.bucket}",
            f"{endpoint.scheme}://{settings.bucket}.{endpoint.netloc}{endpoint.path}",
            f"s3://{settings.bucket}",
        )

    def _call(self, operation: str, key: str, method: str, **arguments: Any) -> Any:
        return self.client.call(
            operation, key, lambda s3: getattr(s3, method)(Bucket=self.client.settings.bucket, **arguments)
        )


def _put_arguments(options: PutOptions) -> dict[str, Any]:
    named = {
        "ContentType": options.content_type,
        "CacheControl": options.cache_control,
        "Metadata": options.metadata,
    }
    arguments = {name: value for name, value in named.items() if value}
    if options.lock is not None:
        arguments |= options.lock.to_extra_args()
    if options.encryption is not None:
        arguments |= options.encryption.to_put_extra_args()
    return arguments


def _may_refuse_checksums(error: StorageError, arguments: dict[str, Any]) -> bool:
    """Whether a server may not know the checksum headers, as Backblaze B2 did not until 2025."""
    response = getattr(error.__cause__, "response", None) or {}
    name = response.get("Error", {}).get("Code")
    return name == "InvalidArgument" or (name == "NotImplemented" and "IfNoneMatch" not in arguments)


def _metadata(key: str, answer: dict[str, Any]) -> ObjectMetadata:
    checksum = answer.get("ChecksumSHA256", "")
    whole = answer.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT" and "-" not in checksum
    metadata = answer.get("Metadata", {})
    return ObjectMetadata(
        key,
        answer["ContentLength"],
        answer["LastModified"],
        answer["ETag"].strip('"'),
        answer.get("ContentType"),
        answer.get("StorageClass"),
        metadata,
        base64.b64decode(checksum).hex() if checksum and whole else metadata.get(DIGEST_NAME),
    )


def _entry(found: dict[str, Any]) -> FileEntry:
    return FileEntry(
        found["Key"], found["Size"], found["LastModified"], found["ETag"].strip('"'), found.get("StorageClass")
    )


def _order(entry: FileEntry) -> bytes:
    return entry.key.encode()


def _is_key(key: str) -> bool:
    try:
        check_key(key, "url")
    except StorageError:
        return False
    return True
