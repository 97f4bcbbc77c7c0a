"""JPEG: manifest and record in an XMP segment of their own, or behind the image when they are too long for one.

Format: ITU-T T.81, Annex B (markers and segments); Adobe XMP Specification Part 3 (XMP in APP1); Exif 3.0 (Exif in
APP1); ISO 19566-5 (JUMBF in APP11). The segment comes before every other XMP, so that the published genblaze
packages, which read the first manifest in the file, find it. A segment holds 65,533 bytes; a longer packet follows the
image in a frame of our own, which those packages read all the same and which image decoders ignore.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from genblaze.layout import (
    MAX_ELEMENTS,
    Copy,
    Edit,
    EditPlan,
    Layout,
    LayoutError,
    Reader,
    build_plan,
    splice,
)
from genblaze_media.xmp import (
    MAX_PACKET,
    Block,
    Host,
    Packet,
    find_host,
    find_packet,
    note_block,
    removals,
    write_packet,
)

XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
TRAILER_START = b"\0genblaze-xmp"
TRAILER_END = b"genblaze-xmp\0"

_START_OF_IMAGE, _END_OF_IMAGE = b"\xff\xd8", b"\xff\xd9"
_LENGTH = struct.Struct(">H")
_TRAILER_HEAD, _TRAILER_FOOT = struct.Struct(">13sQ"), struct.Struct(">Q13s")
_MAX_SEGMENT = 0xFFFF
_SOS, _EOI, _APP0, _APP1, _APP2, _APP11, _APP14 = 0xDA, 0xD9, 0xE0, 0xE1, 0xE2, 0xEB, 0xEE
_FILL = 0xFF
_MULTI_PICTURE = b"MPF\0"
# Markers without a length: TEM, the restart markers, SOI and EOI.
_BARE = {0x01, *range(0xD0, 0xDA)}
# SOF0 to SOF15; DHT, JPG and DAC lie among them.
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# What pixels depend on besides the scans: frames, tables, restart intervals and Adobe's colour transform.
_DECODING = _FRAMES | {0xC4, 0xCC, 0xDB, 0xDD, _APP14}


class _Segment(Struct, frozen=True):
    """A marker segment; `data` is what follows its length."""

    marker: int
    offset: int
    length: int

    @property
    def data(self) -> int:
        return self.offset + 4

    @property
    def data_length(self) -> int:
        return max(0, self.length - 4)

    @property
    def end(self) -> int:
        return self.offset + self.length


class _Structure(Struct):
    """What one walk found.

    `host` is the XMP of others that ours can go into; not where it follows an index of further pictures (`indexed`),
    which says how far behind itself they are. `problem` is why the file cannot be embedded into.
    """

    insert_at: int = len(_START_OF_IMAGE)
    facts: dict[str, Any] = {}
    essence: list[Copy] = []
    blocks: list[Block] = []
    host: Host | None = None
    indexed: bool = False
    ends_with_image: bool = True
    problem: str | None = None


def inspect_media(reader: Reader) -> Layout | None:
    """Find our packets, the tables and the scans; nothing of the scans is read."""
    if reader.read_at(0, len(_START_OF_IMAGE)) != _START_OF_IMAGE:
        return None
    structure = _walk(reader)
    packet = structure.blocks[0].packet if structure.blocks else Packet()
    return Layout(
        media_type="image/jpeg",
        size=reader.size,
        payload=packet.payload,
        record=packet.record,
        restores=tuple(splice(reader.size, edits) for edits in removals(structure.blocks)),
        essence=tuple(structure.essence),
        facts=structure.facts,
        damage=packet.damage,
        detail=structure,
    )


def embed_manifest(layout: Layout, payload: bytes, record: dict[str, Any]) -> EditPlan | None:
    """Go into the XMP that is there, or insert a segment behind JFIF and Exif, or append the frame.

    Refuses a file that cannot be walked.
    """
    structure = layout.detail
    if not isinstance(structure, _Structure):
        return None
    if structure.problem is not None:
        raise LayoutError(structure.problem)
    if structure.host is not None and not structure.blocks:
        packet = write_packet(payload, record, structure.host.packet)
        if _fits(packet):
            return splice(layout.size, [Edit(structure.host.offset, structure.host.length, _segment(packet))])
    packet = write_packet(payload, record)
    if _fits(packet):
        return splice(layout.size, [Edit(structure.insert_at, 0, _segment(packet))])
    if structure.blocks:
        msg = f"the manifest has {len(packet)} bytes, and an older one would stand before it"
        raise LayoutError(msg)
    if not structure.ends_with_image:
        msg = f"the manifest has {len(packet)} bytes, and what follows the image may be found by its place at the end"
        raise LayoutError(msg)
    return splice(layout.size, [Edit(layout.size, 0, _trailer(packet))])


def _fits(packet: bytes) -> bool:
    return len(packet) <= _MAX_SEGMENT - _LENGTH.size - len(XMP_HEADER)


def _segment(packet: bytes) -> bytes:
    data = XMP_HEADER + packet
    return bytes((_FILL, _APP1)) + _LENGTH.pack(len(data) + _LENGTH.size) + data


def _trailer(packet: bytes) -> bytes:
    head, foot = (
        _TRAILER_HEAD.pack(TRAILER_START, len(packet)),
        _TRAILER_FOOT.pack(len(packet), TRAILER_END),
    )
    return head + packet + foot


def _walk(reader: Reader) -> _Structure:
    """Collect what matters, up to the first scan or to where the segments stop making sense."""
    structure = _Structure()
    trailer = _find_trailer(reader)
    end = reader.size if trailer is None else trailer.offset
    last = None
    try:
        leading = True
        for last in _segments(reader, end):
            leading = leading and _leads(reader, last)
            if leading:
                structure.insert_at = last.end
            _take(structure, reader, last, end)
        if last is None or last.marker != _SOS:
            structure.problem = structure.problem or "it holds no image"
    except LayoutError as error:
        structure.problem = str(error)
    structure.essence = [each for each in build_plan(structure.essence).segments if isinstance(each, Copy)]
    structure.ends_with_image = reader.read_at(end - len(_END_OF_IMAGE), len(_END_OF_IMAGE)) == _END_OF_IMAGE
    if trailer is not None:
        structure.blocks.append(trailer)
    return structure


def _segments(reader: Reader, end: int) -> Iterator[_Segment]:
    """Every segment up to the start of the first scan.

    Raises:
        LayoutError: At the first one that is not whole, is none, or is one too many.
    """
    position = len(_START_OF_IMAGE)
    for _ in range(MAX_ELEMENTS):
        head = reader.read_at(position, min(4, end - position))
        if len(head) < 2 or head[0] != _FILL or head[1] == 0:
            msg = f"at byte {position} stands {head[:2]!r} where a marker belongs"
            raise LayoutError(msg)
        if head[1] == _FILL:
            position += 1
            continue
        segment = _Segment(head[1], position, _length(head))
        if segment.end > end or (len(head) < 4 and head[1] not in _BARE):
            msg = f"segment FF{head[1]:02X} at byte {position} is cut off by the end of the file"
            raise LayoutError(msg)
        yield segment
        if segment.marker in (_SOS, _EOI):
            return
        position = segment.end
    msg = f"it has more than {MAX_ELEMENTS} segments"
    raise LayoutError(msg)


def _length(head: bytes) -> int:
    """Length of a segment, its marker included.

    Raises:
        LayoutError: It says less than its length field takes.
    """
    if head[1] in _BARE or len(head) < 4:
        return 2
    length = int(_LENGTH.unpack(head[2:])[0])
    if length < _LENGTH.size:
        msg = f"segment FF{head[1]:02X} claims a length of {length} bytes"
        raise LayoutError(msg)
    return 2 + length


def _leads(reader: Reader, segment: _Segment) -> bool:
    """Whether a segment must stay in front of ours: JFIF and Exif say that they come first."""
    if segment.marker == _APP0:
        return True
    return segment.marker == _APP1 and reader.read_at(segment.data, min(6, segment.data_length)) == b"Exif\0\0"


def _take(structure: _Structure, reader: Reader, segment: _Segment, end: int) -> None:
    """Keep what matters of one segment."""
    if segment.marker == _SOS:
        structure.essence.append(Copy(segment.offset, end - segment.offset))
    elif segment.marker in _DECODING:
        structure.essence.append(Copy(segment.offset, segment.length))
        if segment.marker in _FRAMES and not structure.facts:
            structure.facts = _dimensions(reader.read_at(segment.data, min(5, segment.data_length)))
    elif segment.marker == _APP1:
        _take_xmp(structure, reader, segment)
    elif segment.marker == _APP2:
        structure.indexed |= reader.read_at(segment.data, min(4, segment.data_length)) == _MULTI_PICTURE
    elif segment.marker == _APP11 and _is_c2pa(reader.read_at(segment.data, min(32, segment.data_length))):
        structure.problem = "it carries C2PA content credentials (APP11), which would become invalid"


def _take_xmp(structure: _Structure, reader: Reader, segment: _Segment) -> None:
    skip = len(XMP_HEADER)
    if reader.read_at(segment.data, min(skip, segment.data_length)) != XMP_HEADER:
        return
    where = (segment.data + skip, segment.data_length - skip)
    packet = find_packet(reader, *where, structure.blocks)
    if packet is not None:
        rest = _segment(packet.rest) if packet.rest else b""
        note_block(structure.blocks, Block(segment.offset, segment.length, packet, rest))
    elif structure.host is None and not structure.indexed and (host := find_host(reader, *where)) is not None:
        structure.host = Host(segment.offset, segment.length, host)


def _is_c2pa(head: bytes) -> bool:
    """Whether an APP11 segment holds a C2PA store: identifier, numbers, then a JUMBF box that is labelled so."""
    return head[:2] == b"JP" and head[12:16] == b"jumb" and head[20:28] == b"jumdc2pa"


def _dimensions(frame: bytes) -> dict[str, Any]:
    """Size of the image: precision, height and width begin a frame header; height 0 means that it comes later."""
    height, width = struct.unpack(">HH", frame[1:]) if len(frame) == 5 else (0, 0)
    return {"width": width, "height": height} if width and height else {}


def _find_trailer(reader: Reader) -> Block | None:
    """Our frame at the end of the file, by the length and the mark that close it."""
    foot = reader.read_at(max(0, reader.size - _TRAILER_FOOT.size), _TRAILER_FOOT.size)
    if len(foot) < _TRAILER_FOOT.size or not foot.endswith(TRAILER_END):
        return None
    length, _ = _TRAILER_FOOT.unpack(foot)
    start = reader.size - _TRAILER_FOOT.size - length - _TRAILER_HEAD.size
    if start < len(_START_OF_IMAGE) or length > MAX_PACKET:
        packet = Packet(damage=f"the frame of the manifest behind the image claims {length} bytes")
        return Block(reader.size, 0, packet)
    found = find_packet(reader, start + _TRAILER_HEAD.size, length, [])
    packet = found or Packet(damage="the frame behind the image holds no manifest")
    return Block(start, reader.size - start, packet)
