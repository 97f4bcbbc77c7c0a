"""RIFF chunks, as WAV, WebP and other forms hold them: a bounded walk that never leaves the file.

Format: Multimedia Programming Interface and Data Specifications 1.0 (IBM, Microsoft, 1991), chapter 2.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from msgspec import Struct

from genblaze.layout import MAX_ELEMENTS, LayoutError, Reader

HEAD = struct.Struct("<4sI")
"""Kind and length of the data, in front of every chunk."""

FIRST_CHUNK = 12
"""Where the first chunk of a form begins: behind `RIFF`, its size and the form's kind."""

_PRINTABLE = range(0x20, 0x7F)


class Chunk(Struct, frozen=True, gc=False):
    """A chunk: `offset` is that of its head, `length` that of its data without the pad byte."""

    kind: bytes
    offset: int
    length: int

    @property
    def data(self) -> int:
        """Offset of the data."""
        return self.offset + HEAD.size

    @property
    def end(self) -> int:
        """Offset behind the data."""
        return self.data + self.length

    @property
    def next(self) -> int:
        """Where the following chunk belongs: at an even distance, so behind a pad byte if there is one."""
        return self.end + self.length % 2


class ChunkWalk:
    """Walks over the chunks of one file; all its walks together visit at most `MAX_ELEMENTS`."""

    def __init__(self, reader: Reader) -> None:
        """Walk over `reader`."""
        self.reader = reader
        self._left = MAX_ELEMENTS

    def chunks(
        self, start: int, end: int, *, limit: int | None = None, measure: Callable[[Chunk], int] | None = None
    ) -> Iterator[Chunk]:
        """Every chunk that begins between `start` and `end`, in order; fewer than eight bytes are none.

        Args:
            start: Offset of the first one.
            end: Where no further one begins.
            limit: Where the last one must end at the latest (`end` unless given).
            measure: Gives the true length of a chunk whose head does not tell it (RF64, recordings that broke off).

        Raises:
            LayoutError: At the first one that cannot be a chunk, is not whole, or is one too many.
        """
        limit = end if limit is None else limit
        while end - start >= HEAD.size:
            chunk = Chunk(*self._head(start))
            if measure is not None:
                chunk = Chunk(chunk.kind, start, measure(chunk))
            if chunk.end > limit:
                msg = f"{name(chunk)} has {chunk.length} bytes, but only {limit - chunk.data} are left"
                raise LayoutError(msg)
            yield chunk
            start = chunk.next

    def _head(self, offset: int) -> tuple[bytes, int, int]:
        self._left -= 1
        if self._left < 0:
            msg = f"it has more than {MAX_ELEMENTS} chunks"
            raise LayoutError(msg)
        head = self.reader.read_at(offset, HEAD.size)
        if len(head) < HEAD.size or not all(byte in _PRINTABLE for byte in head[:4]):
            msg = f"at byte {offset} stands {head!r}, which cannot begin a chunk"
            raise LayoutError(msg)
        kind, length = HEAD.unpack(head)
        return kind, offset, length


def name(chunk: Chunk) -> str:
    """What a message calls a chunk."""
    return f"the {chunk.kind.decode('ascii').strip()} chunk at byte {chunk.offset}"


def pack(kind: bytes, data: bytes) -> bytes:
    """A chunk, with its pad byte where it needs one."""
    return HEAD.pack(kind, len(data)) + data + bytes(len(data) % 2)
