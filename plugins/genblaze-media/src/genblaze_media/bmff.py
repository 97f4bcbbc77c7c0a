"""ISO base media files (MP4, MOV, M4A, 3GP, AVIF, HEIF): the manifest is a `uuid` box behind all others.

Our record is a second `uuid` box right behind it. The box is the last one, save that an `mfra` box stays last, whose
readers count from the end of the file; nothing that an offset may point to ever moves. Where the last box has the size
0 ("to the end of the file"), its real size is written and the record remembers the 0.

Format: ISO/IEC 14496-12 §4.2 (boxes), §4.3 (brands), §8.8.9 (`mfra`), §11.1 (`uuid`). The UUID of the manifest and its
place are those of the published genblaze packages, which read the first such box.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from genblaze.layout import (
    MAX_PAYLOAD,
    MAX_RECORD,
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
from genblaze_media.bmff_boxes import HEAD, MAX_COMPACT, Box, BoxWalk, BrokenBoxError, box, tail_start
from genblaze_media.bmff_brands import media_type_of
from genblaze_media.bmff_extents import coded_pictures
from genblaze_media.bmff_freeform import Freeform, find_freeform
from genblaze_media.bmff_items import item_data, item_facts
from genblaze_media.bmff_tracks import movie_facts

MANIFEST_UUID = bytes.fromhex("6d6f64616c666c6f7700000000000001")
RECORD_UUID = b"genblaze-record\1"

_C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_FIRST = (b"ftyp", b"styp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
# No offset points into these, so that a new box may be put in front of them.
_MOVABLE = (b"uuid", b"free", b"skip", b"mfra")
_MEDIA = (b"mdat", b"imda")
_MAX_BRANDS = 256
# The published package drops a last box that has nothing but its header.
_DROPPED = HEAD.pack(HEAD.size, b"free")
_OVERHEAD = 64


class _Block(Struct, frozen=True):
    """One of our boxes: which UUID it has, where it lies, the box in front of it, and its content if it was read."""

    uuid: bytes
    box: Box
    before: Box | None
    content: bytes | None = None


class _Structure(Struct):
    """What one walk over the boxes found.

    Attributes:
        media_type: What the brands, and failing these the tracks, say.
        last: The last box; `end` is where it ends and stray bytes begin.
        blocks: All boxes of ours; `manifest` is the first that is one, `record` the one right behind it.
        insert_at: Where a new manifest goes; `pinned` when what lies behind that may not move.
        problem: Why the file cannot be embedded into.
    """

    media_type: str = "video/mp4"
    brand: bytes = b""
    movie: Box | None = None
    meta: Box | None = None
    facts: dict[str, Any] = {}
    essence: list[Copy] = []
    last: Box | None = None
    end: int = 0
    insert_at: int = 0
    pinned: bool = False
    blocks: list[_Block] = []
    manifest: _Block | None = None
    record: _Block | None = None
    freeform: Freeform | None = None
    problem: str | None = None


def inspect_media(reader: Reader) -> Layout | None:
    """Find our boxes, the media data and what the file states; a cut file shows what is still whole."""
    if reader.read_at(4, 4) not in _FIRST:
        return None
    walk = BoxWalk(reader)
    structure = _survey(walk)
    record = structure.record
    decoded = None if record is None or record.content is None else decode_record(record.content)
    return Layout(
        media_type=structure.media_type,
        size=reader.size,
        payload=_payload(structure),
        record=decoded,
        restores=tuple(_restores(reader.size, structure, decoded)),
        essence=tuple(structure.essence),
        facts=structure.facts,
        damage=_damage(structure, decoded),
        detail=structure,
    )


def embed_manifest(layout: Layout, payload: bytes, record: dict[str, Any]) -> EditPlan | None:
    """Insert the two boxes behind all others; refuses a file whose boxes do not add up."""
    structure = layout.detail
    if not isinstance(structure, _Structure):
        return None
    if structure.problem is not None:
        raise LayoutError(structure.problem)
    if len(payload) > MAX_PAYLOAD:
        msg = f"the manifest has {len(payload)} bytes, more than the {MAX_PAYLOAD} that readers accept"
        raise LayoutError(msg)
    if structure.pinned:
        msg = "the file has an older manifest that belongs to its content, and media data behind that"
        raise LayoutError(msg)
    edits, last = [], structure.last
    if last is not None and last.is_open and structure.insert_at == last.end:
        if last.length > MAX_COMPACT:
            msg = f"the last box has no room for its real size of {last.length} bytes"
            raise LayoutError(msg)
        edits.append(Edit(last.offset, 4, last.length.to_bytes(4)))
        record = {**record, "restore": {"open": last.kind.decode("latin-1")}}
    boxes = box(b"uuid", MANIFEST_UUID + payload) + box(b"uuid", RECORD_UUID + encode_record(record))
    return splice(layout.size, [*edits, Edit(structure.insert_at, 0, boxes)])


def _payload(structure: _Structure) -> bytes | None:
    """The manifest of the first box of ours; the one among the tags only where there is none."""
    if structure.manifest is not None:
        return structure.manifest.content
    return None if structure.freeform is None else structure.freeform.payload


def _survey(walk: BoxWalk) -> _Structure:
    """Collect what matters, up to the end or to where the boxes stop making sense."""
    structure = _Structure()
    reader = walk.reader
    try:
        for each in walk.boxes(0, reader.size):
            _take(structure, walk, each)
    except BrokenBoxError as error:
        if error.offset != structure.end or not tail_start(reader, error.offset):
            structure.problem = str(error)
    if structure.problem is not None or (structure.last is not None and structure.last.is_open):
        _take_buried(structure, reader)
    _take_facts(structure, walk)
    structure.insert_at = _place(structure)
    return structure


def _take(structure: _Structure, walk: BoxWalk, each: Box) -> None:
    if each.kind in _MEDIA and each.end > each.body:
        structure.essence.append(Copy(each.body, each.end - each.body))
    elif each.kind == b"moov" and structure.movie is None:
        structure.movie = each
    elif each.kind == b"meta" and structure.meta is None:
        structure.meta = each
    elif each.kind in (b"ftyp", b"styp") and not structure.brand:
        structure.brand = walk.content(each, _MAX_BRANDS)
    elif each.kind == b"uuid":
        _take_uuid(structure, walk, each)
    structure.pinned |= structure.manifest is not None and each.kind not in _MOVABLE
    structure.last, structure.end = each, each.end


def _take_uuid(structure: _Structure, walk: BoxWalk, each: Box) -> None:
    """Keep a box of ours; read it only if it is of the pair that counts."""
    uuid = walk.content(each, 16)
    if uuid == _C2PA_UUID:
        structure.problem = "it carries C2PA content credentials (uuid box), which would become invalid"
    elif uuid in (MANIFEST_UUID, RECORD_UUID):
        block = _Block(uuid, each, structure.last)
        if uuid == MANIFEST_UUID and structure.manifest is None:
            block = structure.manifest = _read(walk, block, MAX_PAYLOAD)
        elif uuid == RECORD_UUID and structure.manifest is not None and structure.manifest.box.end == each.offset:
            block = structure.record = _read(walk, block, MAX_RECORD)
        structure.blocks.append(block)


def _read(walk: BoxWalk, block: _Block, limit: int) -> _Block:
    if block.box.length > limit + _OVERHEAD:
        return block
    content = walk.content(block.box, limit + _OVERHEAD)[len(block.uuid) :]
    return _Block(block.uuid, block.box, block.before, content)


def _take_buried(structure: _Structure, reader: Reader) -> None:
    """Find the manifest that the published package appended to a file whose last box swallows some of it, or all."""
    size = reader.size
    if structure.manifest is not None or reader.read_at(size - 1, 1) != b"}":
        return
    start = max(0 if structure.last is None else structure.last.body, size - MAX_PAYLOAD - _OVERHEAD)
    data = reader.read_at(start, size - start)
    at = data.rfind(b"uuid" + MANIFEST_UUID) - 4
    if at < 0 or int.from_bytes(data[at : at + 4]) != len(data) - at:
        return
    buried = Box(b"uuid", start + at, HEAD.size, len(data) - at)
    structure.manifest = _Block(MANIFEST_UUID, buried, None, data[at + HEAD.size + len(MANIFEST_UUID) :])
    structure.blocks.append(structure.manifest)
    structure.problem = structure.problem or "its last box, which has no size, already holds a manifest"
    if structure.essence:
        last = structure.essence[-1]
        structure.essence[-1] = Copy(last.offset, min(last.length, buried.offset - last.offset))


def _take_facts(structure: _Structure, walk: BoxWalk) -> None:
    movie, meta = structure.movie, structure.meta
    facts = {} if movie is None else movie_facts(walk, movie)
    structure.media_type = media_type_of(structure.brand, has_video="video" in facts, has_audio="audio" in facts)
    if structure.media_type.startswith("image/"):
        facts = {name: facts[name] for name in ("width", "height", "duration") if name in facts}
        if meta is not None:
            facts |= item_facts(walk, meta)
            coded = coded_pictures(walk, meta) if movie is None else None
            structure.essence = coded or [*item_data(walk, meta), *structure.essence]
            structure.essence.sort(key=lambda each: each.offset)
    structure.facts = facts
    if movie is not None:
        movable = all(each.offset < movie.offset for each in structure.essence)
        structure.freeform = find_freeform(walk, movie, movable=movable)


def _place(structure: _Structure) -> int:
    """Where a new manifest goes: in front of an older one that stays, since the first one counts."""
    if structure.manifest is not None:
        return structure.manifest.box.offset
    if structure.last is not None and structure.last.kind == b"mfra":
        return structure.last.offset
    return structure.end


def _damage(structure: _Structure, record: dict[str, Any] | None) -> str | None:
    """What is wrong with the pair that counts."""
    manifest = structure.manifest
    if manifest is None:
        if structure.freeform is not None and structure.freeform.payload is None:
            return "the genblaze:manifest tag is too large to be read"
        return "there is a box with our record, but none with a manifest" if structure.blocks else None
    if manifest.content is None:
        return f"the box of the manifest has {manifest.box.length} bytes, too many to be read"
    if structure.record is not None and record is None:
        return "the box of our record does not match its own check"
    return None


def _restores(size: int, structure: _Structure, record: dict[str, Any] | None) -> Iterator[EditPlan]:
    """Without anything of ours; or only without the pair that counts, where the content had more.

    A file of the published package may have lost a few bytes, or its tags their padding.
    """
    blocks, freeform = structure.blocks, structure.freeform
    if structure.pinned:  # an editor put media data behind ours, which stay where the file says that they are
        yield splice(size, [*(freeform.blanked if freeform else ()), *_blanked(blocks)])
    opened = _reopened(structure, record)
    everything = [*_removed(blocks), *opened]
    if freeform is not None:
        yield splice(size, [*freeform.blanked, *everything])
        if freeform.shrunk is not None:
            yield splice(size, [*freeform.shrunk, *everything])
    elif blocks:
        yield splice(size, everything)
    pair = [block for block in (structure.manifest, structure.record) if block is not None]
    if pair and (len(pair) < len(blocks) or freeform is not None):
        yield splice(size, [*_removed(pair), *opened])
    if pair and record is None and structure.problem is None:
        yield splice(size, [*everything, Edit(structure.end, 0, _DROPPED)])


def _removed(blocks: list[_Block]) -> list[Edit]:
    return [Edit(block.box.offset, block.box.length) for block in blocks]


def _blanked(blocks: list[_Block]) -> list[Edit]:
    """Padding of the same length in the place of boxes, where it may not be shorter."""
    boxes = (block.box for block in blocks)
    return [Edit(each.offset, each.length, box(b"free", bytes(each.length - HEAD.size))) for each in boxes]


def _reopened(structure: _Structure, record: dict[str, Any] | None) -> list[Edit]:
    """The size 0 that the box in front of the pair had, if the record says so."""
    kind = (record or {}).get("restore", {}).get("open")
    before = None if structure.manifest is None else structure.manifest.before
    if before is None or before.header != HEAD.size or before.kind.decode("latin-1") != kind:
        return []
    return [Edit(before.offset, 4, bytes(4))]
