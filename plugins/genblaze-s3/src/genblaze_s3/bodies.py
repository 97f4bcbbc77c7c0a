"""Content on its way up: read once, block by block, never a whole large file in memory."""

from __future__ import annotations

import hashlib
import io
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from genblaze import StorageError
from genblaze.models.enums import StorageErrorCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genblaze.storing.store import Content

__all__ = ["Body", "opened"]

BLOCK: Final = 1 << 18


class Body:
    """Content to send, to be read as often as it takes.

    Args:
        file: A seekable file; its content begins where it stands.

    Attributes:
        size: Bytes of the content.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._start = file.tell()
        self.size = file.seek(0, io.SEEK_END) - self._start

    def blocks(self, length: int) -> Iterator[bytes]:
        """The content from its beginning, so many bytes at a time; the last block may be shorter.

        Raises:
            StorageError: There is less by now than there was.
        """
        self._file.seek(self._start)
        for offset in range(0, self.size, length):
            yield self._block(min(length, self.size - offset))

    def _block(self, length: int) -> bytes:
        block = self._file.read(length)
        if len(block) < length:
            msg = "put: the file became shorter while it was sent."
            raise StorageError(msg, error_code=StorageErrorCode.INVALID_INPUT, operation="put")
        return block

    def sha256(self) -> str:
        """The digest of the content, in hexadecimal."""
        found = hashlib.sha256()
        for block in self.blocks(BLOCK):
            found.update(block)
        return found.hexdigest()


@contextmanager
def opened(data: Content) -> Iterator[Body]:
    """Content of any kind as a body; a stream that cannot be rewound is kept in a temporary file meanwhile."""
    if isinstance(data, Path):
        with _reading(data) as file:
            yield Body(file)
    elif isinstance(data, bytes | bytearray | memoryview):
        yield Body(io.BytesIO(data))
    elif not hasattr(data, "read"):
        msg = f"put: {type(data).__name__} is no content; give bytes, a binary file or a Path."
        raise StorageError(msg, error_code=StorageErrorCode.INVALID_INPUT, operation="put")
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
