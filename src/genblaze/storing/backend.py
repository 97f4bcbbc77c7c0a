"""The published base class of storage backends. Backends that third parties wrote for it run as they are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, BinaryIO

from genblaze.errors import InvalidValueError, StorageError
from genblaze.storing.records import DeleteError, DeleteResult, ListPage, ObjectMetadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from genblaze.storing.store import Store

__all__ = ["StorageBackend"]


class StorageBackend(ABC):
    """Objects under keys, as the published package has it.

    Six methods are abstract; the others have defaults on top of them, which read whole objects. A backend that can do
    better overrides them. Sinks use a backend through `as_store()`.
    """

    @abstractmethod
    def put(
        self,
        key: str,
        data: bytes | BinaryIO,
        *,
        content_type: str | None = None,
        metadata: dict[str, str] | None = None,
        extra_args: dict[str, Any] | None = None,
    ) -> str:
        """Write an object, in place of any that is there, and return its key.

        Args:
            key: Its name.
            data: Its content.
            content_type: Media type that readers are told.
            metadata: User metadata.
            extra_args: Further arguments by the names of S3's PutObject, such as `CacheControl`.
        """

    @abstractmethod
    def get(self, key: str) -> bytes:
        """The whole content of an object."""

    @abstractmethod
    def exists(self, key: str) -> bool:
        """Whether there is an object."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Remove an object. That it was not there is no error."""

    @abstractmethod
    def get_url(self, key: str, *, expires_in: int = 3600) -> str:
        """A URL from which the object can be read, for so many seconds where it is signed."""

    @abstractmethod
    def get_durable_url(self, key: str) -> str:
        """The lasting URL of an object, to be written into records."""

    def key_from_url(self, url: str) -> str | None:  # noqa: ARG002 - for those who can tell
        """The key that `get_durable_url` made this URL of; None for any other URL."""
        return None

    def head(self, key: str) -> ObjectMetadata | None:
        """What is known about an object; None when there is none."""
        if not self.exists(key):
            return None
        content = self.get(key)
        digest = sha256(content).hexdigest()
        return ObjectMetadata(key, len(content), datetime.now(UTC), digest, sha256=digest)

    def list(self, prefix: str = "", *, max_keys: int = 1000, continuation_token: str | None = None) -> ListPage:
        """The objects whose keys begin with a prefix, in order of key, a page at a time.

        Raises:
            NotImplementedError: This backend cannot list.
        """
        raise NotImplementedError

    def get_range(self, key: str, *, offset: int, length: int) -> bytes:
        """A part of an object's content; what lies past its end is left out."""
        return self.get(key)[offset : offset + length]

    def stream(self, key: str, *, chunk_size: int = 8 * 1024 * 1024) -> Iterator[bytes]:
        """The content of an object in pieces of at most so many bytes."""
        content = self.get(key)
        for start in range(0, len(content), chunk_size):
            yield content[start : start + chunk_size]

    def delete_many(self, keys: Sequence[str], *, dry_run: bool = False) -> DeleteResult:
        """Remove several objects; one that cannot be removed does not keep the others.

        Args:
            keys: Which.
            dry_run: Only say what would be removed.
        """
        deleted: list[str] = []
        errors: list[DeleteError] = []
        for key in keys:
            try:
                if not dry_run:
                    self.delete(key)
                deleted.append(key)
            except StorageError as error:
                errors.append(DeleteError(key, str(error.error_code or "unknown"), str(error)))
        return DeleteResult(tuple(deleted), tuple(errors), dry_run)

    def delete_prefix(self, prefix: str, *, dry_run: bool = True) -> DeleteResult:
        """Remove all objects whose keys begin with a prefix; unless told otherwise only say which.

        Raises:
            InvalidValueError: The prefix is empty, which would mean everything.
        """
        if not prefix:
            msg = "delete_prefix: an empty prefix would remove every object; name the prefix to remove"
            raise InvalidValueError(msg)
        keys: list[str] = []
        token: str | None = None
        while True:
            page = self.list(prefix, continuation_token=token)
            keys += [entry.key for entry in page.entries]
            token = page.next_token
            if token is None:
                return self.delete_many(keys, dry_run=dry_run)

    def copy(self, src_key: str, dst_key: str) -> None:
        """Write an object's content under another key."""
        self.put(dst_key, self.get(src_key))

    def close(self) -> None:
        """Release what the backend holds."""
        return

    def as_store(self) -> Store:
        """The store that sinks and commands use; a backend that has one of its own returns that."""
        from genblaze.storing.adapting import BackendStore

        return BackendStore(self)

    # The published twins for programs that run in an event loop: each runs its method in a thread.

    async def aput(self, key: str, data: bytes | BinaryIO, **kwargs: Any) -> str:
        """`put`, in a thread."""
        return str(await _in_thread(self.put, key, data, **kwargs))

    async def aget(self, key: str, **kwargs: Any) -> bytes:
        """`get`, in a thread."""
        content: bytes = await _in_thread(self.get, key, **kwargs)
        return content

    async def aexists(self, key: str) -> bool:
        """`exists`, in a thread."""
        return bool(await _in_thread(self.exists, key))

    async def adelete(self, key: str) -> None:
        """`delete`, in a thread."""
        await _in_thread(self.delete, key)

    async def aget_url(self, key: str, **kwargs: Any) -> str:
        """`get_url`, in a thread."""
        return str(await _in_thread(self.get_url, key, **kwargs))

    async def aget_durable_url(self, key: str) -> str:
        """`get_durable_url`, in a thread."""
        return str(await _in_thread(self.get_durable_url, key))

    async def ahead(self, key: str, **kwargs: Any) -> ObjectMetadata | None:
        """`head`, in a thread."""
        found: ObjectMetadata | None = await _in_thread(self.head, key, **kwargs)
        return found

    async def aget_range(self, key: str, *, offset: int, length: int, **kwargs: Any) -> bytes:
        """`get_range`, in a thread."""
        content: bytes = await _in_thread(self.get_range, key, offset=offset, length=length, **kwargs)
        return content

    async def adelete_many(self, keys: Sequence[str], *, dry_run: bool = False) -> DeleteResult:
        """`delete_many`, in a thread."""
        result: DeleteResult = await _in_thread(self.delete_many, keys, dry_run=dry_run)
        return result

    async def adelete_prefix(self, prefix: str, *, dry_run: bool = True) -> DeleteResult:
        """`delete_prefix`, in a thread."""
        result: DeleteResult = await _in_thread(self.delete_prefix, prefix, dry_run=dry_run)
        return result

    async def acopy(self, src_key: str, dst_key: str, **kwargs: Any) -> None:
        """`copy`, in a thread."""
        await _in_thread(self.copy, src_key, dst_key, **kwargs)


async def _in_thread(method: Any, *args: Any, **kwargs: Any) -> Any:
    from functools import partial

    from genblaze.threads import call

    return await call(partial(method, *args, **kwargs))
