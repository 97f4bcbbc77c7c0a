"""PNG and APNG: the manifest is an `iTXt` chunk directly after `IHDR`, our record the one right behind it.

Format: PNG Specification (Third Edition), W3C, §5 (chunks), §11.2 (critical chunks), §11.3.3.4 (`iTXt`),
§11.3.6 (animation). The keyword and the place of the manifest are those of the published genblaze packages,
which read the first such chunk.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from genblaze.layout import (
    MAX_ELEMENTS,
    MAX_PAYLOAD,
    Copy,
    Edit,
    EditPlan,
    Layout,
    LayoutError,
    Reader,
    decode_record,
    encode_record,
    splice,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MANIFEST_KEYWORD = b"genblaze:manifest"
RECORD_KEYWORD = b"genblaze:record"

_HEAD = struct.Struct(">I4s")
_CRC = struct.Struct(">I")
_FRAMING = _HEAD.size + _CRC.size
_MAX_LENGTH = 2**31 - 1
_IHDR_LENGTH = 13
# What follows the keyword of an iTXt that is not compressed and names no language, up to its text.
_PLAIN_TEXT = b"\0\0\0\0\0"


class _Block(Struct, frozen=True):
    """One of our two chunks: where it lies, its text (None: not read) and what is wrong with it."""

    keyword: bytes
    offset: int
    length: int
    text: bytes | None = None
    damage: str | None = None

    @property
    def end(self) -> int:
        return self.offset + self.length


class _Structure(Struct):
    """What one walk over the chunks found.

    `blocks` are all chunks of ours; `manifest` is the first that is one, `record` the one right behind it.
    `problem` is why the file cannot be embedded into.
    """

    insert_at: int = 0
    facts: dict[str, Any] = {}
    essence: list[Copy] = []
    blocks: list[_Block] = []
    manifest: _Block | None = None
    record: _Block | None = None
    problem: str | None = None


def inspect_media(reader: Reader) -> Layout | None:
    """Find our chunks and the image data; a cut file shows what is still whole."""
    head = reader.read_at(0, len(SIGNATURE) + _HEAD.size)
    if head[:8] != SIGNATURE and head[8:] != _HEAD.pack(_IHDR_LENGTH, b"IHDR"):
        return None
    structure = _walk(reader)
    if head[:8] != SIGNATURE:
        structure.problem = "the PNG signature is damaged"
    manifest, record = structure.manifest, structure.record
    return Layout(
        media_type="image/png",
        size=reader.size,
        payload=None if manifest is None else manifest.text,
        record=None if record is None or record.text is None else decode_record(record.text),
        restores=tuple(_restores(reader.size, structure)),
        essence=tuple(structure.essence),
        facts=structure.facts,
        damage=_damage(reader, structure),
        detail=structure,
    )


def embed_manifest(layout: Layout, payload: bytes, record: dict[str, Any]) -> EditPlan | None:
    """Insert the two chunks after `IHDR`; refuses a file whose chunks do not add up."""
    structure = layout.detail
    if not isinstance(structure, _Structure):
        return None
    if structure.problem is not None:
        raise LayoutError(structure.problem)
    if len(payload) > MAX_PAYLOAD:
        msg = f"the manifest has {len(payload)} bytes, more than the {MAX_PAYLOAD} that readers accept"
        raise LayoutError(msg)
    chunks = _text_chunk(MANIFEST_KEYWORD, payload) + _text_chunk(RECORD_KEYWORD, encode_record(record))
    return splice(layout.size, [Edit(structure.insert_at, 0, chunks)])


def _text_chunk(keyword: bytes, text: bytes) -> bytes:
    data = keyword + _PLAIN_TEXT + text
    return _HEAD.pack(len(data), b"iTXt") + data + _CRC.pack(zlib.crc32(data, zlib.crc32(b"iTXt")))


def _walk(reader: Reader) -> _Structure:
    """Collect what matters, up to `IEND` or to where the chunks stop making sense."""
    structure = _Structure()
    try:
        for kind, offset, length in _chunks(reader):
            data = offset + _HEAD.size
            if not structure.insert_at:
                _take_header(structure, reader, kind, data, length)
            if kind == b"IDAT" and length:
                structure.essence.append(Copy(data, length))
            elif kind == b"fdAT" and length > 4:
                # The first four bytes are a sequence number, which an editor may renumber.
                structure.essence.append(Copy(data + 4, length - 4))
            elif kind == b"iTXt":
                _take_text(structure, reader, offset, length)
            elif kind == b"caBX":
                structure.problem = "it carries C2PA content credentials (caBX), which would become invalid"
    except LayoutError as error:
        structure.problem = str(error)
    if not structure.insert_at:
        structure.problem = structure.problem or "there is no IHDR chunk"
    return structure


def _chunks(reader: Reader) -> Iterator[tuple[bytes, int, int]]:
    """Type, offset and data length of every whole chunk.

    Raises:
        LayoutError: At the first one that is not whole, not a chunk, or one too many.
    """
    position, size = len(SIGNATURE), reader.size
    for _ in range(MAX_ELEMENTS):
        if position == size:
            return  # without IEND: odd, but every byte is accounted for
        head = reader.read_at(position, _HEAD.size)
        if len(head) < _HEAD.size:
            msg = f"the chunk at byte {position} is cut off by the end of the file"
            raise LayoutError(msg)
        length, kind = _HEAD.unpack(head)
        if not kind.isalpha() or length > _MAX_LENGTH:
            msg = f"at byte {position} stands {head!r}, which cannot begin a chunk"
            raise LayoutError(msg)
        if position + length + _FRAMING > size:
            msg = f"{kind.decode()} chunk at byte {position} has {length} bytes, but the file ends at {size}"
            raise LayoutError(msg)
        yield kind, position, length
        if kind == b"IEND":
            return
        position += length + _FRAMING
    msg = f"it has more than {MAX_ELEMENTS} chunks"
    raise LayoutError(msg)


def _take_header(structure: _Structure, reader: Reader, kind: bytes, data: int, length: int) -> None:
    if kind == b"IHDR" and length == _IHDR_LENGTH:
        width, height = struct.unpack(">II", reader.read_at(data, 8))
        structure.insert_at = data + length + _CRC.size
        if 0 < width <= _MAX_LENGTH and 0 < height <= _MAX_LENGTH:
            structure.facts = {"width": width, "height": height}
    elif kind != b"CgBI":  # Apple's variant has one chunk in front
        msg = f"the first chunk is {kind.decode()} of {length} bytes, where IHDR of {_IHDR_LENGTH} belongs"
        raise LayoutError(msg)


def _take_text(structure: _Structure, reader: Reader, offset: int, length: int) -> None:
    """Keep an iTXt chunk if its keyword is one of ours; read it only if it is of the pair that counts."""
    start = reader.read_at(offset + _HEAD.size, min(length, len(MANIFEST_KEYWORD) + 1))
    keyword, terminator, _ = start.partition(b"\0")
    if not terminator or keyword not in (MANIFEST_KEYWORD, RECORD_KEYWORD):
        return
    block = _Block(keyword, offset, length + _FRAMING)
    if keyword == MANIFEST_KEYWORD and structure.manifest is None:
        block = structure.manifest = _read_text(reader, block)
    elif keyword == RECORD_KEYWORD and structure.manifest is not None and structure.manifest.end == offset:
        block = structure.record = _read_text(reader, block)
    structure.blocks.append(block)


def _read_text(reader: Reader, block: _Block) -> _Block:
    """The block with its text and what is wrong with it; nothing is ever inflated."""
    name, text, damage = block.keyword.decode(), None, None
    if block.length > MAX_PAYLOAD + 1024:
        damage = f"the {name} chunk has {block.length} bytes, too many to be read"
    else:
        chunk = reader.read_at(block.offset + 4, block.length - 4)
        body, (stored,) = chunk[4 + len(block.keyword) + 1 : -4], _CRC.unpack(chunk[-4:])
        fields = body[2:].split(b"\0", 2)
        if body[:2] != b"\0\0" or len(fields) < 3:
            damage = f"the {name} chunk is compressed or malformed, and is not read"
        else:
            text = fields[2]
            if zlib.crc32(chunk[:-4]) != stored:
                damage = f"the checksum of the {name} chunk is wrong"
    return _Block(block.keyword, block.offset, block.length, text, damage)


def _damage(reader: Reader, structure: _Structure) -> str | None:
    """What is wrong with the pair that counts."""
    manifest, record = structure.manifest, structure.record
    if manifest is None:
        if structure.blocks:
            return "there is a genblaze:record chunk, but no manifest"
        evident = structure.problem and MANIFEST_KEYWORD in reader.read_at(structure.insert_at, 64)
        return f"the chunk of the manifest is damaged: {structure.problem}" if evident else None
    if record is None or manifest.damage is not None:
        return manifest.damage
    if record.damage is None and (record.text is None or decode_record(record.text) is None):
        return "the genblaze:record chunk does not match its own check"
    return record.damage


def _restores(size: int, structure: _Structure) -> Iterator[EditPlan]:
    """Without all chunks of ours; or only without the pair that counts, where the content had others."""
    blocks = structure.blocks
    if not blocks:
        return
    yield _without(size, blocks)
    pair = [block for block in (structure.manifest, structure.record) if block is not None]
    if 0 < len(pair) < len(blocks):
        yield _without(size, pair)


def _without(size: int, blocks: list[_Block]) -> EditPlan:
    return splice(size, [Edit(block.offset, block.length) for block in blocks])
