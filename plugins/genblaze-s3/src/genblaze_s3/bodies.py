"""Content on its way up: sections of files that several threads read at once, never a whole large file in memory."""

from __future__ import annotations

import hashlib
import io
import tempfile
import threading
import zlib
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from genblaze import StorageError
from genblaze.models.enums import StorageErrorCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genblaze.storing.store import Content

__all__ = ["Body", "Section", "opened"]

BLOCK: Final = 1 << 18


class Body:
    """Content to send: an open file, of which several threads may read sections at once.

    Args:
        file: A seekable file; its content begins where it stands.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._start = file.tell()
        self.size = file.seek(0, io.SEEK_END) - self._start

    def read_at(self, offset: int, length: int) -> bytes:
        """Bytes of the content."""
        with self._lock:
            self._file.seek(self._start + offset)
            return self._file.read(length)

    def section(self, offset: int, length: int) -> Section:
        """A part of the content as a file of its own."""
        return Section(self, offset, min(length, self.size - offset))

    def whole(self) -> Section:
        """All of the content as a file of its own."""
        return self.section(0, self.size)

    def sha256(self) -> str:
        """The digest of the content, in hexadecimal."""
        return self.whole().digest("sha256").hex()


class Section(io.RawIOBase):
    """A part of a body, read from the body when it is needed."""

    def __init__(self, body: Body, offset: int, length: int) -> None:
        self._body, self._offset, self._length = body, offset, length
        self._at = 0

    def __len__(self) -> int:
        return self._length

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True, as it is signed before it is sent."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Read from the body, without the copies that a raw file makes."""
        left = self._length - self._at
        length = left if size < 0 else min(size, left)
        found = self._body.read_at(self._offset + self._at, length)
        if len(found) < length:
            msg = "put: the file became shorter while it was sent."
            raise StorageError(msg, error_code=StorageErrorCode.INVALID_INPUT, operation="put")
        self._at += length
        return found

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer from the body."""
        found = self.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Stand elsewhere within the section."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence]
        self._at = min(max(0, origin + offset), self._length)
        return self._at

    def tell(self) -> int:
        """Where it stands."""
        return self._at

    def digest(self, algorithm: str) -> bytes:
        """A digest of the section by a name that hashlib knows."""
        found = hashlib.new(algorithm, usedforsecurity=False)
        for block in self._blocks():
            found.update(block)
        return found.digest()

    def crc32(self) -> bytes:
        """The CRC-32 of the section, its highest byte first."""
        return reduce(lambda found, block: zlib.crc32(block, found), self._blocks(), 0).to_bytes(4, "big")

    def _blocks(self) -> Iterator[bytes]:
        self.seek(0)
        while block := self.read(BLOCK):
            yield block


@contextmanager
def opened(data: Content) -> Iterator[Body]:
    """Content of any kind as a body; a stream that cannot be rewound is kept in a temporary file meanwhile."""
    if isinstance(data, Path):
        with _reading(data) as file:
            yield Body(file)
    elif isinstance(data, bytes | bytearray | memoryview):
        yield Body(io.BytesIO(data))
    elif data.seekable():
        yield Body(data)
    else:
        with tempfile.TemporaryFile() as file:
            while block := data.read(BLOCK):
                file.write(block)
            file.seek(0)
            yield Body(file)


def _reading(path: Path) -> BinaryIO:
    try:
        return path.open("rb", buffering=0)
    except OSError as error:
        msg = f"put: {path} cannot be read: {error.strerror or error}."
        raise StorageError(msg, error_code=StorageErrorCode.INVALID_INPUT, operation="put") from error
