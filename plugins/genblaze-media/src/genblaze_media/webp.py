"""WebP, lossy, lossless and animated: manifest and record in an `XMP ` chunk at the end of the RIFF form.

Format: RFC 9649 (WebP), §2.3 to §2.7; RFC 6386 (VP8), §9.1; RFC 9649, §3.4 (VP8L). A simple file has no place for
metadata, so it gets a `VP8X` chunk in front, which says in our record that it goes again. The published genblaze
packages read the first manifest in the file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
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

_HEAD = struct.Struct("<4sI")
_FIRST_CHUNK = 12
_SIZE_AT = 4
_MAX_SIZE = 2**32 - 10  # RFC 9649: the file's size must fit as well
_HAS_XMP, _HAS_ALPHA = 0x04, 0x10
_OTHER_FEATURES = 0x02 | 0x08 | 0x20  # animation, Exif, ICC profile
_EXTENDED_LENGTH = 10
_IMAGE_KINDS = {b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"}


class _Chunk(Struct, frozen=True):
    """A chunk: `offset` is that of its head, `length` that of its data; the pad byte is not counted."""

    kind: bytes
    offset: int
    length: int

    @property
    def data(self) -> int:
        return self.offset + _HEAD.size

    @property
    def end(self) -> int:
        return self.data + self.length


class _Structure(Struct):
    """What one walk found.

    `end` is where the RIFF form ends, `first` its first chunk, `flags` the feature flags of `VP8X` (None without
    one), `picture` size and alpha of a simple file; `problem` is why the file cannot be embedded into.
    """

    end: int
    first: bytes = b""
    flags: int | None = None
    extended_length: int = 0
    picture: tuple[int, int, bool] | None = None
    unpadded: bool = False
    milliseconds: int = 0
    facts: dict[str, Any] = {}
    essence: list[Copy] = []
    blocks: list[Block] = []
    host: Host | None = None
    kinds: set[bytes] = set()
    problem: str | None = None


def inspect_media(reader: Reader) -> Layout | None:
    """Find our chunks, the image data and what the header says; a cut file shows what is still whole."""
    head = reader.read_at(0, _FIRST_CHUNK)
    if len(head) < _FIRST_CHUNK or (head[:4] != b"RIFF" or head[8:] != b"WEBP"):
        return None
    structure = _walk(reader, _SIZE_AT + 4 + struct.unpack("<I", head[4:8])[0])
    packet = structure.blocks[0].packet if structure.blocks else Packet()
    return Layout(
        media_type="image/webp",
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
    """Go into the XMP that is there, or append a chunk to the form and patch what announces it.

    A manifest that belongs to the content stays behind ours.
    """
    structure = layout.detail
    if not isinstance(structure, _Structure):
        return None
    if structure.problem is not None:
        raise LayoutError(structure.problem)
    if structure.host is not None and not structure.blocks:
        chunk = _chunk(b"XMP ", write_packet(payload, record, structure.host.packet))
        return _edited(layout.size, structure, [Edit(structure.host.offset, structure.host.length, chunk)])
    edits, restore = _announce(structure)
    pad = structure.unpadded and not structure.blocks
    if pad:
        restore["pad"] = True
    chunk = _chunk(b"XMP ", write_packet(payload, {**record, "restore": restore}))
    at = structure.blocks[0].offset if structure.blocks else structure.end
    edits.append(Edit(at, 0, b"\0" + chunk if pad else chunk))
    return _edited(layout.size, structure, edits)


def _edited(length: int, structure: _Structure, edits: list[Edit]) -> EditPlan:
    size = _resized(structure, edits)
    if size > _MAX_SIZE:
        msg = f"the file would have {size} bytes, more than RIFF can say"
        raise LayoutError(msg)
    return splice(length, [_size_edit(size), *edits])


def _announce(structure: _Structure) -> tuple[list[Edit], dict[str, Any]]:
    """The edits that make a decoder expect XMP, and what undoes them.

    Raises:
        LayoutError: A simple file's image does not say how large it is.
    """
    if structure.flags is not None:
        return [_flags_edit(structure.flags | _HAS_XMP)], {"flags": structure.flags}
    if structure.picture is None:
        msg = f"the {structure.first!r} chunk does not say how large the image is"
        raise LayoutError(msg)
    width, height, alpha = structure.picture
    flags = _HAS_XMP | (_HAS_ALPHA if alpha else 0)
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    chunk = _chunk(b"VP8X", bytes((flags, 0, 0, 0)) + canvas)
    return [Edit(_FIRST_CHUNK, 0, chunk)], {"vp8x": "inserted"}


def _chunk(kind: bytes, data: bytes) -> bytes:
    return _HEAD.pack(kind, len(data)) + data + b"\0" * (len(data) & 1)


def _flags_edit(flags: int) -> Edit:
    return Edit(_FIRST_CHUNK + _HEAD.size, 1, bytes((flags,)))


def _size_edit(size: int) -> Edit:
    return Edit(_SIZE_AT, 4, struct.pack("<I", size))


def _resized(structure: _Structure, edits: list[Edit]) -> int:
    """What the RIFF size field says after `edits`."""
    return structure.end - _SIZE_AT - 4 + sum(len(edit.insert) - edit.remove for edit in edits)


def _walk(reader: Reader, end: int) -> _Structure:
    """Collect what matters, up to the end of the form or to where the chunks stop making sense."""
    structure = _Structure(end)
    try:
        for chunk in _chunks(reader, structure):
            if not structure.first:
                _take_first(structure, reader, chunk)
            _take(structure, reader, chunk)
        _check(structure)
    except LayoutError as error:
        structure.problem = str(error)
    if structure.milliseconds:
        structure.facts["duration"] = structure.milliseconds / 1000
    structure.essence = [each for each in build_plan(structure.essence).segments if isinstance(each, Copy)]
    return structure


def _chunks(reader: Reader, structure: _Structure) -> Iterator[_Chunk]:
    """Every whole chunk of the form.

    Raises:
        LayoutError: At the first one that is not whole, or is one too many; or the form is longer than the file.
    """
    end, position = min(structure.end, reader.size), _FIRST_CHUNK
    for _ in range(MAX_ELEMENTS):
        if position >= end:
            break
        head = reader.read_at(position, min(_HEAD.size, end - position))
        if len(head) < _HEAD.size:
            msg = f"the chunk at byte {position} is cut off"
            raise LayoutError(msg)
        kind, length = _HEAD.unpack(head)
        chunk = _Chunk(kind, position, length)
        if chunk.end > end:
            msg = (
                f"the {kind!r} chunk at byte {position} has {length} bytes, but the RIFF form or the file ends at {end}"
            )
            raise LayoutError(msg)
        yield chunk
        position = chunk.end + (length & 1)
    else:
        msg = f"it has more than {MAX_ELEMENTS} chunks"
        raise LayoutError(msg)
    if structure.end > reader.size:
        msg = f"the RIFF form should end at byte {structure.end}, but the file ends at {reader.size}"
        raise LayoutError(msg)
    structure.unpadded = position > end


def _check(structure: _Structure) -> None:
    """Refuse what an added `VP8X`, or a changed flag, would change the meaning of.

    Raises:
        LayoutError: The first chunk is not what must come first, or a simple file has more than its image.
    """
    if structure.problem is not None:
        return
    images = structure.kinds & (_IMAGE_KINDS | {b"VP8X"})
    if structure.flags is None and (structure.first not in (b"VP8 ", b"VP8L") or len(images) != 1):
        msg = f"a WebP file does not begin with {structure.first!r}" if structure.first else "it holds no chunk"
        raise LayoutError(msg)
    if not images - {b"VP8X"}:
        msg = "it holds no image"
        raise LayoutError(msg)


def _take_first(structure: _Structure, reader: Reader, chunk: _Chunk) -> None:
    """Read what the first chunk says about the whole image."""
    structure.first = chunk.kind
    head = reader.read_at(chunk.data, min(_EXTENDED_LENGTH, chunk.length))
    if chunk.kind == b"VP8X" and len(head) == _EXTENDED_LENGTH:
        structure.flags, structure.extended_length = head[0], chunk.length
        width, height = (int.from_bytes(head[at : at + 3], "little") + 1 for at in (4, 7))
        structure.facts = {"width": width, "height": height}
        return
    structure.picture = {b"VP8 ": _lossy_size, b"VP8L": _lossless_size}.get(chunk.kind, _no_size)(head)
    if structure.picture is not None:
        structure.facts = {"width": structure.picture[0], "height": structure.picture[1]}


def _lossy_size(head: bytes) -> tuple[int, int, bool] | None:
    """Width, height and alpha from a VP8 key frame: tag (3 bytes), start code, then 14 bits for each side."""
    if len(head) < 10 or head[0] & 1 or head[3:6] != b"\x9d\x01\x2a":
        return None
    width, height = (side & 0x3FFF for side in struct.unpack("<HH", head[6:10]))
    return (width, height, False) if width and height else None


def _lossless_size(head: bytes) -> tuple[int, int, bool] | None:
    """Width, height and alpha from a VP8L header: signature, 14 bits for each side less one, alpha, version 0."""
    if len(head) < 5 or head[0] != 0x2F or head[4] >> 5:
        return None
    bits = int.from_bytes(head[1:5], "little")
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)


def _no_size(_head: bytes) -> None:
    return None


def _take(structure: _Structure, reader: Reader, chunk: _Chunk) -> None:
    """Keep what matters of one chunk."""
    if chunk.kind in _IMAGE_KINDS:
        if structure.flags is None and structure.kinds & _IMAGE_KINDS:
            structure.problem = "a simple WebP file holds one image, and this one more"
        structure.essence.append(Copy(chunk.offset, chunk.end - chunk.offset))
        if chunk.kind == b"ANMF" and chunk.length >= 16:
            structure.milliseconds += int.from_bytes(reader.read_at(chunk.data + 12, 3), "little")
    elif chunk.kind == b"C2PA":
        structure.problem = "it carries C2PA content credentials (C2PA chunk), which would become invalid"
    elif chunk.kind == b"XMP ":
        packet = find_packet(reader, chunk.data, chunk.length, structure.blocks)
        if packet is not None:
            padded = min(chunk.end + (chunk.length & 1), structure.end, reader.size)
            rest = _chunk(b"XMP ", packet.rest) if packet.rest else b""
            note_block(structure.blocks, Block(chunk.offset, padded - chunk.offset, packet, rest))
        elif structure.host is None:
            structure.host = _host(structure, reader, chunk)
    structure.kinds.add(chunk.kind)


def _host(structure: _Structure, reader: Reader, chunk: _Chunk) -> Host | None:
    """The chunk of others that ours can go into: announced as it should be, and whole."""
    packet = find_host(reader, chunk.data, chunk.length)
    if packet is None or not (structure.flags or 0) & _HAS_XMP:
        return None
    whole = _chunk(b"XMP ", packet)
    return Host(chunk.offset, len(whole), packet) if reader.read_at(chunk.offset, len(whole)) == whole else None


def _restores(size: int, structure: _Structure) -> Iterator[EditPlan]:
    """Without all chunks of ours, or without the first; and without what announced them."""
    blocks = structure.blocks
    for edits in removals(blocks):
        # Of several, one inside the other, the last was the first that was embedded, and remembers the original.
        packet = blocks[-1 if len(edits) == len(blocks) else 0].packet
        kept = any(edit.insert for edit in edits)
        for values in [{}] if kept else _values(structure, packet):
            with suppress(LayoutError):  # a record that lies
                changes = [*edits, *_undo(structure, values)]
                yield splice(size, [_size_edit(max(0, _resized(structure, changes))), *changes])


def _values(structure: _Structure, packet: Packet) -> list[dict[str, Any]]:
    """What to restore: what our record says, or else what a file without metadata is likely to have had."""
    if packet.restore is not None:
        return [packet.restore]
    flags = structure.flags
    if flags is None:
        return [{}]
    guesses: list[dict[str, Any]] = [{"flags": flags & ~_HAS_XMP}, {}]
    simple = structure.kinds & {b"VP8 ", b"VP8L"} and b"ALPH" not in structure.kinds
    return [{"vp8x": "inserted"}, *guesses] if simple and not flags & _OTHER_FEATURES else guesses


def _undo(structure: _Structure, values: dict[str, Any]) -> Iterator[Edit]:
    """The edits that bring the values of a record back; what is no such value is passed over."""
    flags = values.get("flags")
    if structure.flags is not None:
        if values.get("vp8x") == "inserted":
            yield Edit(_FIRST_CHUNK, _HEAD.size + structure.extended_length + (structure.extended_length & 1))
        elif type(flags) is int and 0 <= flags <= 0xFF:
            yield _flags_edit(flags)
    if values.get("pad") is True:
        yield Edit(structure.blocks[0].offset - 1, 1)
