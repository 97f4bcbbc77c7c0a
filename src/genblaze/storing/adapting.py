"""A backend of the published kind, seen as a store."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from genblaze.errors import GenblazeError, InvalidValueError, StorageError
from genblaze.models.enums import StorageErrorCode
from genblaze.storing.backend import StorageBackend
from genblaze.storing.options import PutOptions, ReadOptions
from genblaze.storing.store import DEFAULT_PUT, DEFAULT_READ, Content, Store, check_content, check_key

if TYPE_CHECKING:
    from genblaze.storing.records import ListPage, ObjectMetadata

__all__ = ["BackendStore", "as_store"]


def as_store(backend: Store | StorageBackend | object) -> Store:
    """The store that a backend is, or that it can be used as.

    Raises:
        InvalidValueError: It is neither a `Store` nor a `StorageBackend`.
    """
    if isinstance(backend, StorageBackend):
        return backend.as_store()
    if isinstance(backend, Store):
        return backend
    msg = f"{type(backend).__name__} is no store: derive it from StorageBackend, or give it the methods of Store."
    raise InvalidValueError(msg)


class BackendStore:
    """A store on top of the published methods of a `StorageBackend`.

    `put_if_absent` asks first and puts then, so it is not atomic. What the backend raises and is no error of ours
    becomes a `StorageError`.

    Args:
        backend: The backend; closing the store closes it.
    """

    conditional_put = False

    def __init__(self, backend: StorageBackend) -> None:
        self._backend = backend

    def __repr__(self) -> str:
        return f"BackendStore({type(self._backend).__name__})"

    def preflight(self, *, locking: bool = False) -> None:
        """Nothing: published backends have no way to tell it beforehand."""

    def put(self, key: str, data: Content, options: PutOptions = DEFAULT_PUT) -> None:
        """Write an object, in place of any that is there."""
        check_key(key, "put")
        with self._errors("put", key):
            check_content(data, options)
            if isinstance(data, Path):
                with data.open("rb") as file:
                    self._backend.put(key, file, **_put_arguments(options))
            else:
                self._backend.put(key, data, **_put_arguments(options))

    def put_if_absent(self, key: str, data: Content, options: PutOptions = DEFAULT_PUT) -> bool:
        """Write an object unless there is one."""
        check_key(key, "put")
        with self._errors("put", key):
            if self._backend.exists(key):
                return False
        self.put(key, data, options)
        return True

    def get(self, key: str, options: ReadOptions = DEFAULT_READ) -> bytes:
        """The content of an object, or a range of it."""
        check_key(key, "get")
        with self._errors("get", key):
            if options.whole:
                return self._backend.get(key, **_read_arguments(options))
            length = options.length
            if length is None:
                length = self._size(key, options) - options.offset
            if length <= 0:
                return b""
            return self._backend.get_range(key, offset=options.offset, length=length, **_read_arguments(options))

    def open(self, key: str, options: ReadOptions = DEFAULT_READ) -> BinaryIO:
        """The content of an object, or a range of it, as a file."""
        check_key(key, "get")
        if not options.whole:
            return io.BytesIO(self.get(key, options))
        with self._errors("get", key):
            chunks = iter(self._backend.stream(key, **_read_arguments(options)))
            first = next(chunks, b"")
        return cast("BinaryIO", io.BufferedReader(_Chunks(first, chunks)))

    def head(self, key: str, options: ReadOptions = DEFAULT_READ) -> ObjectMetadata | None:
        """What is known about an object; None when there is none."""
        check_key(key, "head")
        with self._errors("head", key):
            return self._backend.head(key, **_read_arguments(options))

    def list(self, prefix: str = "", *, max_keys: int = 1000, continuation_token: str | None = None) -> ListPage:
        """The objects whose keys begin with a prefix, a page at a time."""
        if max_keys < 1:
            msg = f"list: max_keys is {max_keys}, it must be at least 1."
            raise StorageError(msg, error_code=StorageErrorCode.INVALID_INPUT, operation="list")
        with self._errors("list", prefix):
            return self._backend.list(prefix, max_keys=max_keys, continuation_token=continuation_token)

    def copy(self, src_key: str, dst_key: str) -> None:
        """Write an object's content under another key."""
        check_key(src_key, "copy")
        check_key(dst_key, "copy")
        with self._errors("copy", src_key):
            self._backend.copy(src_key, dst_key)

    def delete(self, key: str) -> None:
        """Remove an object. That it was not there is no error."""
        check_key(key, "delete")
        with self._errors("delete", key):
            self._backend.delete(key)

    def presign(self, key: str, *, expires_in: int = 3600) -> str:
        """A URL from which the object can be read for some seconds."""
        check_key(key, "url")
        with self._errors("url", key):
            return self._backend.get_url(key, expires_in=expires_in)

    def url_of(self, key: str) -> str:
        """The backend's durable URL."""
        check_key(key, "url")
        with self._errors("url", key):
            return self._backend.get_durable_url(key)

    def key_of(self, url: str) -> str | None:
        """The key that the backend takes the URL for, if it makes the same URL of that key."""
        with self._errors("url", url):
            key = self._backend.key_from_url(url)
        try:
            return key if key is not None and self.url_of(key) == url else None
        except StorageError:
            return None

    def close(self) -> None:
        """Close the backend."""
        with self._errors("close", ""):
            self._backend.close()

    def _size(self, key: str, options: ReadOptions) -> int:
        found = self._backend.head(key, **_read_arguments(options))
        if found is None:
            raise FileNotFoundError(key)
        return found.size

    @contextmanager
    def _errors(self, operation: str, key: str) -> Iterator[None]:
        """Turn what a third party's backend raises into the error of stores."""
        name = type(self._backend).__name__
        try:
            yield
        except GenblazeError:
            raise
        except NotImplementedError as error:
            msg = f"{operation}: {name} does not offer this."
            raise StorageError(msg, error_code=StorageErrorCode.INVALID_INPUT, operation=operation) from error
        except (FileNotFoundError, KeyError) as error:
            msg = f"{operation}: there is no object {key!r} in {name}."
            raise StorageError(msg, error_code=StorageErrorCode.NOT_FOUND, operation=operation) from error
        except Exception as error:
            msg = f"{operation} {key!r}: {name} failed: {error}"
            raise StorageError(msg, error_code=StorageErrorCode.UNKNOWN, operation=operation) from error


def _put_arguments(options: PutOptions) -> dict[str, Any]:
    """The published keywords; what is not set is left out, as older backends know fewer."""
    extra: dict[str, Any] = {} if options.cache_control is None else {"CacheControl": options.cache_control}
    if options.lock is not None:
        extra |= options.lock.to_extra_args()
    if options.encryption is not None:
        extra |= options.encryption.to_put_extra_args()
    given = {"content_type": options.content_type, "metadata": options.metadata, "extra_args": extra}
    return {name: value for name, value in given.items() if value}


def _read_arguments(options: ReadOptions) -> dict[str, Any]:
    return {} if options.encryption is None else {"encryption": options.encryption}


class _Chunks(io.RawIOBase):
    """Pieces of content as a file to read from."""

    def __init__(self, first: bytes, chunks: Iterator[bytes]) -> None:
        self._rest = memoryview(first)
        self._chunks = chunks

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        taken = self._rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)

    def close(self) -> None:
        if not self.closed:
            end = getattr(self._chunks, "close", None)
            if end is not None:
                end()
        super().close()
