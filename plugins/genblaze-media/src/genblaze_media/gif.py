"""GIF: manifest and record in an XMP application extension right before the trailer.

Format: GIF89a specification (CompuServe, 1990), §17 to §27; Adobe XMP Specification Part 3 (XMP in GIF). The packet is
not cut into sub-blocks: 258 closing bytes lead any reader that takes its characters for block lengths to the end. The
published genblaze packages know no GIF, so nothing but this module reads what it writes.
"""

from __future__ import annotations

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
from genblaze_media.xmp import Block, Host, Packet, find_host, find_packet, note_block, removals, write_packet

MAX_SUB_BLOCKS = 4_000_000
"""Most sub-blocks that are walked: those of about one gigabyte of image data."""

CLOSING = bytes((1, *range(255, -1, -1), 0))

_VERSIONS = {b"GIF87a": "87a", b"GIF89a": "89a"}
_VERSION_AT, _SCREEN_AT, _SCREEN_LENGTH = 3, 6, 7
_IMAGE, _EXTENSION, _TRAILER = b",", b"!", b";"
_DESCRIPTOR_LENGTH = 10
_APPLICATION, _GRAPHIC_CONTROL, _PLAIN_TEXT = 0xFF, 0xF9, 0x01
_XMP_HEAD = b"!\xff\x0bXMP DataXMP"
_C2PA_HEAD = b"!\xff\x0bC2PA_GIF"
_FIRST_WINDOW, _WINDOW = 512, 60_000


class _Structure(Struct):
    """What one walk found; `problem` is why the file cannot be embedded into."""

    version: str = ""
    insert_at: int = 0
    facts: dict[str, Any] = {}
    essence: list[Copy] = []
    blocks: list[Block] = []
    host: Host | None = None
    frames: int = 0
    hundredths: int = 0
    problem: str | None = None


def inspect_media(reader: Reader) -> Layout | None:
    """Find our extensions and the images; a cut file shows what is still whole."""
    head = reader.read_at(0, _SCREEN_AT)
    if head[:_VERSION_AT] != b"GIF":
        return None
    structure = _walk(reader, head)
    packet = structure.blocks[0].packet if structure.blocks else Packet()
    return Layout(
        media_type="image/gif",
        size=reader.size,
        payload=packet.payload,
        record=packet.record,
        restores=tuple(_restores(reader.size, structure)),
        essence=tuple(structure.essence),
        facts=structure.facts,
        damage=packet.damage,
        detail=structure,
    )


def embed_manifest(layout: Layout, payload: bytes, record: dict[str, Any]) -> EditPlan | None:
    """Go into the XMP that is there, or insert an extension before the trailer.

    A manifest that belongs to the content stays behind ours.
    """
    structure = layout.detail
    if not isinstance(structure, _Structure):
        return None
    if structure.problem is not None:
        raise LayoutError(structure.problem)
    if structure.host is not None and not structure.blocks:
        extension = _extension(write_packet(payload, record, structure.host.packet))
        return splice(layout.size, [Edit(structure.host.offset, structure.host.length, extension)])
    edits, restore = [], {}
    if structure.version != "89a":  # the older version knows no extensions
        edits.append(_version_edit("89a"))
        restore["version"] = structure.version
    extension = _extension(write_packet(payload, {**record, "restore": restore}))
    at = structure.blocks[0].offset if structure.blocks else structure.insert_at
    return splice(layout.size, [*edits, Edit(at, 0, extension)])


def _extension(packet: bytes) -> bytes:
    return _XMP_HEAD + packet + CLOSING


def _version_edit(version: str) -> Edit:
    return Edit(_VERSION_AT, len(version), version.encode("ascii"))


def _walk(reader: Reader, head: bytes) -> _Structure:
    """Collect what matters, up to the trailer or to where the blocks stop making sense."""
    structure = _Structure(_VERSIONS.get(head, ""))
    try:
        position = _take_screen(structure, reader)
        for kind, offset, length in _parts(reader, position):
            _take(structure, reader, kind, offset, length)
        if not structure.frames:
            structure.problem = structure.problem or "it holds no image"
    except LayoutError as error:
        structure.problem = str(error)
    if not structure.version:
        structure.problem = f"{head!r} is no version of GIF"
    if structure.frames > 1 and structure.hundredths:
        structure.facts["duration"] = structure.hundredths / 100
    structure.essence = [each for each in build_plan(structure.essence).segments if isinstance(each, Copy)]
    return structure


def _take_screen(structure: _Structure, reader: Reader) -> int:
    """Read the screen descriptor; returns where the blocks begin.

    Raises:
        LayoutError: The file ends within it or within the colour table.
    """
    screen = reader.read_at(_SCREEN_AT, _SCREEN_LENGTH)
    if len(screen) < _SCREEN_LENGTH:
        msg = "the screen descriptor is cut off by the end of the file"
        raise LayoutError(msg)
    width, height = int.from_bytes(screen[:2], "little"), int.from_bytes(screen[2:4], "little")
    if width and height:
        structure.facts = {"width": width, "height": height}
    end = _SCREEN_AT + _SCREEN_LENGTH + _colours(screen[4])
    if end > reader.size:
        msg = f"the colour table should end at byte {end}, but the file ends at {reader.size}"
        raise LayoutError(msg)
    structure.essence.append(Copy(_SCREEN_AT, end - _SCREEN_AT))
    structure.insert_at = end
    return end


def _colours(flags: int) -> int:
    """Length of the colour table that the flags of a screen or an image announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _parts(reader: Reader, position: int) -> Iterator[tuple[bytes, int, int]]:
    """First byte, offset and length of every image and extension, and of the trailer (length 0 where it is missing).

    Raises:
        LayoutError: At the first one that is not whole, is none, or is one too many.
    """
    walker = _SubBlocks(reader)
    for _ in range(MAX_ELEMENTS):
        head = reader.read_at(position, _DESCRIPTOR_LENGTH)
        kind = head[:1]
        if kind in (_TRAILER, b""):
            yield _TRAILER, position, len(kind)
            return
        if kind == _IMAGE and len(head) == _DESCRIPTOR_LENGTH:
            end = walker.end(position + _DESCRIPTOR_LENGTH + _colours(head[9]) + 1)
        elif kind == _EXTENSION and len(head) > 2:
            end = walker.end(position + 2)
        else:
            msg = f"at byte {position} stands {kind!r}, which begins no whole block"
            raise LayoutError(msg)
        yield kind, position, end - position
        position = end
    msg = f"it has more than {MAX_ELEMENTS} blocks"
    raise LayoutError(msg)


class _SubBlocks:
    """Walks chains of sub-blocks, through windows, and counts them over the whole file."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._left = MAX_SUB_BLOCKS

    def end(self, position: int) -> int:
        """Where the chain that starts at `position` ends, its terminator included.

        Raises:
            LayoutError: The file ends first, or there are too many.
        """
        start, length = position, _FIRST_WINDOW
        while window := self._reader.read_at(position, length):
            size, index, left, count = len(window), 0, self._left, 1
            while count and index < size:
                count = window[index]
                index += count + 1
                left -= 1
            self._left = left
            if left < 0:
                msg = f"it has more than {MAX_SUB_BLOCKS} sub-blocks"
                raise LayoutError(msg)
            if not count:
                return position + index
            position, length = position + index, _WINDOW
        msg = f"the data that begin at byte {start} are cut off by the end of the file"
        raise LayoutError(msg)


def _take(structure: _Structure, reader: Reader, kind: bytes, offset: int, length: int) -> None:
    """Keep what matters of one part."""
    structure.insert_at = offset
    if kind == _IMAGE:
        structure.frames += 1
        structure.essence.append(Copy(offset, length))
    elif kind == _EXTENSION:
        head = reader.read_at(offset, min(length, len(_XMP_HEAD)))
        if head == _XMP_HEAD:
            _take_xmp(structure, reader, offset, length)
        elif head.startswith(_C2PA_HEAD):
            structure.problem = "it carries C2PA content credentials (C2PA_GIF), which would become invalid"
        elif head[1] in (_GRAPHIC_CONTROL, _PLAIN_TEXT):
            structure.essence.append(Copy(offset, length))
            if head[1] == _GRAPHIC_CONTROL and head[2] == 4:
                structure.hundredths += int.from_bytes(head[4:6], "little")


def _take_xmp(structure: _Structure, reader: Reader, offset: int, length: int) -> None:
    start = offset + len(_XMP_HEAD)
    end = offset + length
    if reader.read_at(max(start, end - len(CLOSING)), len(CLOSING)) == CLOSING:
        end -= len(CLOSING)
    packet = find_packet(reader, start, end - start, structure.blocks)
    if packet is not None:
        rest = _extension(packet.rest) if packet.rest else b""
        note_block(structure.blocks, Block(offset, length, packet, rest))
    elif structure.host is None and structure.version == "89a" and end < offset + length:
        host = find_host(reader, start, end - start)
        structure.host = None if host is None else Host(offset, length, host)


def _restores(size: int, structure: _Structure) -> Iterator[EditPlan]:
    """Without all extensions of ours, or without the first; in the version that the record names."""
    blocks = structure.blocks
    for edits in removals(blocks):
        # Of several, one before the other, the last was the first that was embedded, and remembers the original.
        packet = blocks[-1 if len(edits) == len(blocks) else 0].packet
        older = (packet.restore or {}).get("version") == "87a" and not any(edit.insert for edit in edits)
        yield splice(size, [*([_version_edit("87a")] if older else []), *edits])
