"""Ogg pages: reading them one by one, their checksum, and writing a logical stream of our own.

Format: RFC 3533.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence

from msgspec import Struct

from genblaze.layout import MAX_ELEMENTS, LayoutError, Reader

CAPTURE = b"OggS"
CONTINUED, FIRST, LAST = 0x01, 0x02, 0x04
NO_GRANULE = -1
MAX_PAGE = 27 + 255 + 255 * 255
"""Most bytes that one page can have."""

_HEAD = struct.Struct("<4sBBqIIIB")
_CRC_AT = 22
_FULL = 255
_CANDIDATES = 256


class Page(Struct, frozen=True):
    """A page: its header's fields, its lacing values, and where header and body lie."""

    offset: int
    flags: int
    granule: int
    serial: int
    sequence: int
    checksum: int
    lacing: bytes

    @property
    def body(self) -> int:
        """Offset of the body."""
        return self.offset + _HEAD.size + len(self.lacing)

    @property
    def end(self) -> int:
        """Offset behind the page."""
        return self.body + sum(self.lacing)


def read_page(reader: Reader, offset: int) -> Page:
    """The page at `offset`.

    Raises:
        LayoutError: There is none, or it is not whole.
    """
    head = reader.read_at(offset, _HEAD.size + _FULL)
    if head[:5] != CAPTURE + b"\0" or len(head) < _HEAD.size:
        msg = f"at byte {offset} stands {head[:5]!r}, which cannot begin an Ogg page"
        raise LayoutError(msg)
    _, _, flags, granule, serial, sequence, checksum, count = _HEAD.unpack_from(head)
    page = Page(offset, flags, granule, serial, sequence, checksum, head[_HEAD.size : _HEAD.size + count])
    if len(page.lacing) < count or page.end > reader.size:
        msg = f"the page at byte {offset} is cut off by the end of the file"
        raise LayoutError(msg)
    return page


def pages(reader: Reader) -> Iterator[Page]:
    """Every page from the start of the file on.

    Raises:
        LayoutError: At the first one that is not whole, not a page, or one too many.
    """
    position = 0
    for _ in range(MAX_ELEMENTS):
        if position == reader.size:
            return
        page = read_page(reader, position)
        yield page
        position = page.end
    msg = f"it has more than {MAX_ELEMENTS} pages"
    raise LayoutError(msg)


def is_sound(reader: Reader, page: Page) -> bool:
    """Whether a page matches its checksum."""
    data = reader.read_at(page.offset, page.end - page.offset)
    return _checksum(data[:_CRC_AT] + bytes(4) + data[_CRC_AT + 4 :]) == page.checksum


def last_page(reader: Reader, within: int) -> Page | None:
    """The last whole page with a right checksum that begins in the last `within` bytes."""
    start = max(0, reader.size - within)
    tail = reader.read_at(start, within)
    at = tail.rfind(CAPTURE)
    for _ in range(_CANDIDATES):
        if at < 0:
            return None
        try:
            page = read_page(reader, start + at)
            if is_sound(reader, page):
                return page
        except LayoutError:
            pass  # the four letters may stand in sound as well
        at = tail.rfind(CAPTURE, 0, at)
    return None


def stream_pages(serial: int, packets: Sequence[bytes]) -> list[bytes]:
    """A whole logical stream: its first page holds the first packet alone, the last one is marked so."""
    first, rest = packets[0], packets[1:]
    runs = [(_lace(first), first)]
    lacing, body, start = b"".join(_lace(packet) for packet in rest), b"".join(rest), 0
    for at in range(0, len(lacing), _FULL):
        run = lacing[at : at + _FULL]
        runs.append((run, body[start : start + sum(run)]))
        start += sum(run)
    written, continued = [], 0
    for sequence, (run, data) in enumerate(runs):
        flags = continued | (FIRST if sequence == 0 else 0) | (LAST if sequence == len(runs) - 1 else 0)
        granule = 0 if min(run) < _FULL else NO_GRANULE
        written.append(_page(flags, granule, serial, sequence, run, data))
        continued = CONTINUED if run[-1] == _FULL else 0
    return written


def _lace(packet: bytes) -> bytes:
    full, rest = divmod(len(packet), _FULL)
    return bytes([_FULL]) * full + bytes([rest])


def _page(flags: int, granule: int, serial: int, sequence: int, lacing: bytes, body: bytes) -> bytes:
    head = _HEAD.pack(CAPTURE, 0, flags, granule, serial, sequence, 0, len(lacing)) + lacing
    checksum = _checksum(head + body).to_bytes(4, "little")
    return head[:_CRC_AT] + checksum + head[_CRC_AT + 4 :] + body


_MIRROR = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _checksum(data: bytes) -> int:
    """Ogg's CRC has zlib's polynomial with the bits the other way round, and inverts nothing: mirror in and out."""
    value = zlib.crc32(data.translate(_MIRROR), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(value.to_bytes(4, "little").translate(_MIRROR), "big")


def split_packets(lacing: bytes, body: bytes) -> list[bytes]:
    """The packets that end in a run of segments; what follows the last end is left out."""
    packets, start, length = [], 0, 0
    for value in lacing:
        length += value
        if value < _FULL:
            packets.append(body[start : start + length])
            start, length = start + length, 0
    return packets
