"""Boxes of the ISO base media file format: walking them with seeks, whatever sizes they claim.

Format: ISO/IEC 14496-12 §4.2 (object structure); QuickTime File Format, "Atoms".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from msgspec import Struct

from genblaze.layout import MAX_ELEMENTS, LayoutError, Reader

HEAD = struct.Struct(">I4s")
MAX_COMPACT = 2**32 - 1

_LARGE = struct.Struct(">Q")
_LONGEST_HEAD = HEAD.size + _LARGE.size
_MAX_TAIL = 64 * 1024


class Box(Struct, frozen=True, gc=False):
    """A box: its type, where it begins, and the lengths of its header and of all of it, in bytes.

    `is_open` where its size field is 0, which means "to the end of the file".
    """

    kind: bytes
    offset: int
    header: int
    length: int
    is_open: bool = False

    @property
    def body(self) -> int:
        """Where the content begins."""
        return self.offset + self.header

    @property
    def end(self) -> int:
        """Where the next box begins."""
        return self.offset + self.length


class BrokenBoxError(LayoutError):
    """A box that does not fit into the file; `offset` is where it begins."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


def box(kind: bytes, body: bytes) -> bytes:
    """A box of one of our kinds, whose content is never longer than its 32-bit size can say."""
    return HEAD.pack(HEAD.size + len(body), kind) + body


class BoxWalk:
    """Walks the boxes of one file; all walks together see at most `MAX_ELEMENTS` boxes."""

    def __init__(self, reader: Reader) -> None:
        """Walk `reader`."""
        self.reader = reader
        self._left = MAX_ELEMENTS

    def boxes(self, start: int, end: int) -> Iterator[Box]:
        """Every box between two offsets.

        Raises:
            BrokenBoxError: At the first that does not fit, or is one too many.
        """
        position = start
        while position < end:
            if self._left <= 0:
                msg = f"it has more than {MAX_ELEMENTS} boxes"
                raise BrokenBoxError(msg, position)
            self._left -= 1
            found = _read_head(self.reader, position, end)
            yield found
            position = found.end

    def children(self, parent: Box, skip: int = 0) -> Iterator[Box]:
        """The boxes inside another, behind the `skip` bytes of its own fields; ends where they stop making sense."""
        try:
            yield from self.boxes(min(parent.body + skip, parent.end), parent.end)
        except BrokenBoxError:
            return

    def child(self, parent: Box | None, *path: bytes) -> Box | None:
        """The first box on a path downwards from `parent`."""
        for kind in path:
            if parent is None:
                return None
            parent = next((each for each in self.children(parent) if each.kind == kind), None)
        return parent

    def content(self, of: Box | None, limit: int) -> bytes:
        """At most `limit` bytes of a box's content; empty for a box that is not there."""
        if of is None:
            return b""
        return self.reader.read_at(of.body, min(limit, of.end - of.body))


def _read_head(reader: Reader, position: int, end: int) -> Box:
    head = reader.read_at(position, min(_LONGEST_HEAD, end - position))
    if len(head) < HEAD.size:
        msg = f"the box at byte {position} is cut off at byte {end}"
        raise BrokenBoxError(msg, position)
    size, kind = HEAD.unpack_from(head)
    header = HEAD.size
    if kind == bytes(4):
        msg = f"at byte {position} stand zeros, which cannot begin a box"
        raise BrokenBoxError(msg, position)
    if size == 1 and len(head) == _LONGEST_HEAD:
        header, size = _LONGEST_HEAD, _LARGE.unpack_from(head, HEAD.size)[0]
    elif size == 0:
        return Box(kind, position, header, end - position, is_open=True)
    if size < header:
        msg = f"the {_name(kind)} box at byte {position} claims {size} bytes, fewer than its own header has"
        raise BrokenBoxError(msg, position)
    if position + size > end:
        msg = f"the {_name(kind)} box at byte {position} has {size} bytes, but only {end - position} are left"
        raise BrokenBoxError(msg, position)
    return Box(kind, position, header, size)


def tail_start(reader: Reader, position: int) -> bool:
    """Whether what begins here is no box but a few stray bytes, or padding with zeros, to the end of the file."""
    length = reader.size - position
    if length < HEAD.size:
        return True
    return length <= _MAX_TAIL and not any(reader.read_at(position, length))


def _name(kind: bytes) -> str:
    return kind.decode("ascii", "backslashreplace") if kind.isascii() else repr(kind)[1:]
