"""The contract of a store, and the checks that every store makes of keys and content."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, runtime_checkable

from genblaze.errors import StorageError
from genblaze.models.enums import StorageErrorCode
from genblaze.storing.options import PutOptions, ReadOptions

if TYPE_CHECKING:
    from typing import BinaryIO

    from genblaze.storing.records import ListPage, ObjectMetadata

__all__ = ["Content", "Store", "check_content", "check_digest", "check_key"]

Content: TypeAlias = "bytes | BinaryIO | Path"
"""What is put: bytes, a seekable binary file that is read from where it stands, or the path of a file."""

MAX_KEY_BYTES: Final = 1024
"""Of a key in UTF-8: the bound of S3 and of Backblaze B2."""

DEFAULT_PUT: Final = PutOptions()
DEFAULT_READ: Final = ReadOptions()

_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f\\]")


@runtime_checkable
class Store(Protocol):
    """Objects under keys. Methods are plain and may block; each may be called from several threads at once.

    Keys are relative paths with `/` between the parts (`check_key` says which are none). All methods raise
    `StorageError`, whose `error_code` says whether the object is missing, access was denied, or the key cannot be
    one. Writing is atomic: others see the old object or the whole new one.
    """

    @property
    def conditional_put(self) -> bool:
        """Whether `put_if_absent` is atomic; a store that learns it from its server says True until it knows."""
        ...

    def preflight(self, *, locking: bool = False) -> None:
        """Do nothing, unless it is certain that objects cannot be written, with retention where that is asked for.

        The server may be asked, but nothing is written. The error says what to change.
        """
        ...

    def put(self, key: str, data: Content, options: PutOptions = DEFAULT_PUT) -> None:
        """Write an object, in place of any that is there. Files are read in blocks, never whole."""
        ...

    def put_if_absent(self, key: str, data: Content, options: PutOptions = DEFAULT_PUT) -> bool:
        """Write an object unless there is one; False says that there is one, and it stays as it was.

        Of several writers at once exactly one gets True, where `conditional_put` holds. An answer that got lost on the
        way may turn True into False: whoever cares compares what is there.
        """
        ...

    def get(self, key: str, options: ReadOptions = DEFAULT_READ) -> bytes:
        """The content of an object, or a range of it, in memory."""
        ...

    def open(self, key: str, options: ReadOptions = DEFAULT_READ) -> BinaryIO:
        """The content of an object, or a range of it, as a file to read once from front to back; the caller closes it.

        A missing object is told here, not at the first read.
        """
        ...

    def head(self, key: str, options: ReadOptions = DEFAULT_READ) -> ObjectMetadata | None:
        """What is known about an object; None when there is none. Denied access is an error, not None."""
        ...

    def list(self, prefix: str = "", *, max_keys: int = 1000, continuation_token: str | None = None) -> ListPage:
        """The objects whose keys begin with a prefix, in order of key, a page at a time."""
        ...

    def copy(self, src_key: str, dst_key: str) -> None:
        """Write an object's content under another key."""
        ...

    def delete(self, key: str) -> None:
        """Remove an object. That it was not there is no error."""
        ...

    def presign(self, key: str, *, expires_in: int = 3600) -> str:
        """A URL from which anyone can read the object for some seconds, without credentials."""
        ...

    def url_of(self, key: str) -> str:
        """The lasting URL of an object, to be written into records; whether there is one is not looked at."""
        ...

    def key_of(self, url: str) -> str | None:
        """The key that `url_of` made this URL of; None for a URL that is not of this store."""
        ...

    def close(self) -> None:
        """Release connections. A closed store is not used again."""
        ...


def check_key(key: str, operation: str) -> None:
    """Refuse what cannot be a key in every store alike.

    Raises:
        StorageError: With `INVALID_INPUT`, naming what is wrong.
    """
    problem = _problem_of(key)
    if problem is not None:
        msg = (
            f"{operation}: {key[:200]!r} is no key: {problem}. Write a relative path with / between its parts,"
            f" at most {MAX_KEY_BYTES} bytes in UTF-8."
        )
        raise StorageError(msg, error_code=StorageErrorCode.INVALID_INPUT, operation=operation)


def _problem_of(key: str) -> str | None:
    if _UNPRINTABLE.search(key):
        return "it has a backslash or a control character"
    if any(part in {"", ".", ".."} for part in key.split("/")):
        return "a part of it is empty, . or .."
    try:
        length = len(key.encode())
    except UnicodeEncodeError:
        return "it has half a surrogate pair"
    return f"it is {length} bytes long" if length > MAX_KEY_BYTES else None


def check_content(data: Content, options: PutOptions, operation: str = "put") -> None:
    """Compare content with the digest that it is said to have, if one is said; a file stands where it stood.

    Raises:
        StorageError: With `INVALID_INPUT`: it has another one.
        OSError: A file cannot be read.
    """
    if options.sha256 is not None:
        check_digest(_digest(data), options.sha256, operation)


def check_digest(found: str, said: str, operation: str = "put") -> None:
    """Refuse content that has another digest than it is said to have.

    Raises:
        StorageError: With `INVALID_INPUT`: so it is.
    """
    if found != said:
        msg = f"{operation}: the content has the SHA-256 {found}, not {said} as it was said to have."
        raise StorageError(msg, error_code=StorageErrorCode.INVALID_INPUT, operation=operation)


def _digest(data: Content) -> str:
    if isinstance(data, Path):
        with data.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    if isinstance(data, bytes | bytearray | memoryview):
        return hashlib.sha256(data).hexdigest()
    position = data.tell()
    digest = hashlib.sha256()
    while block := data.read(1 << 20):
        digest.update(block)
    data.seek(position)
    return digest.hexdigest()
