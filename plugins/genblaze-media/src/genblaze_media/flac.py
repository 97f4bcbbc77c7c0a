"""FLAC: the manifest is the Vorbis comment `GENBLAZE_MANIFEST`, our record the one right behind it.

Format: RFC 9639 §8 (metadata blocks), §8.2 (STREAMINFO), §8.6 (Vorbis comment). The name of the comment is that of
the published genblaze packages, which write it with mutagen and read the first. Frames of audio do not know where they
lie, and the seek table counts from the first of them, so metadata may grow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from genblaze.layout import (
    MAX_ELEMENTS,
    MAX_PAYLOAD,
    Copy,
    Cursor,
    EditPlan,
    Layout,
    LayoutError,
    Literal,
    Reader,
    Segment,
    build_plan,
    decode_record,
    encode_record,
)
from genblaze_media.id3_manifest import read_head
from genblaze_media.trailing_tags import audio_end

MARKER = b"fLaC"
MANIFEST_KEY = b"GENBLAZE_MANIFEST="
RECORD_KEY = b"GENBLAZE_RECORD="

_STREAMINFO, _PADDING, _COMMENTS = 0, 1, 4
_STREAMINFO_LENGTH = 34
_MAX_BLOCK = 2**24 - 1
_MAX_BLOCKS = 20_000
_VENDOR = b"genblaze"
# Padding of files that the published package found: what flac and ffmpeg write, no block, or an empty one (mutagen).
_USUAL_PADDINGS = (8192, None, 0)


class _Block(Struct, frozen=True):
    """One metadata block: its type, where its data lie, and what stands there now if that was changed."""

    kind: int
    offset: int
    length: int
    data: tuple[Segment, ...] | None = None

    @property
    def size(self) -> int:
        if self.data is None:
            return self.length
        return sum(each.length if isinstance(each, Copy) else len(each.data) for each in self.data)


class _Comment(Struct, frozen=True):
    """One of our comments, its length field included, and its text (None: not read)."""

    key: bytes
    offset: int
    end: int
    text: bytes | None = None


class _Structure(Struct):
    """What one walk over the metadata found.

    `start` is where the marker lies (behind any ID3 tags), `audio` the frames; `closed` tells that one of the blocks
    was marked as the last. Of the first block of comments,
    `count` is the number of comments, `count_at` where that stands, and `comments_end` where the last one ends.
    """

    start: int
    size: int
    audio: Copy = Copy(0, 0)
    blocks: list[_Block] = []
    closed: bool = False
    comments_in: int | None = None
    count: int = 0
    count_at: int = 0
    comments_end: int = 0
    ours: list[_Comment] = []
    manifest: _Comment | None = None
    record: _Comment | None = None
    facts: dict[str, Any] = {}
    problem: str | None = None


def inspect_media(reader: Reader) -> Layout | None:
    """Find our comments and the audio; None where FLAC neither begins the file nor follows an ID3 tag."""
    head = read_head(reader)
    if reader.read_at(head.content_at, len(MARKER)) != MARKER:
        return None
    structure = _Structure(start=head.content_at, size=reader.size)
    if head.problem is not None and "C2PA" in head.problem:
        structure.problem = head.problem
    _walk(reader, structure)
    manifest, record = structure.manifest, structure.record
    decoded = None if record is None or record.text is None else decode_record(record.text)
    return Layout(
        media_type="audio/flac",
        size=reader.size,
        payload=None if manifest is None else manifest.text,
        record=decoded,
        restores=tuple(_restores(structure, decoded)),
        essence=(structure.audio,) if structure.audio.length else (),
        facts=structure.facts,
        damage=_damage(structure, decoded),
        detail=structure,
    )


def embed_manifest(layout: Layout, payload: bytes, record: dict[str, Any]) -> EditPlan | None:
    """Add the two comments to the block that is there, or in a new one behind STREAMINFO.

    Raises:
        LayoutError: The metadata do not add up, or the block would be too long.
    """
    structure = layout.detail
    if not isinstance(structure, _Structure):
        return None
    if structure.problem is not None:
        raise LayoutError(structure.problem)
    if len(payload) > MAX_PAYLOAD:
        msg = f"the manifest has {len(payload)} bytes, more than the {MAX_PAYLOAD} that readers accept"
        raise LayoutError(msg)
    blocks = list(structure.blocks)
    if structure.comments_in is None:
        pair = _pair(payload, {**record, "restore": {"block": "new"}})
        content = len(_VENDOR).to_bytes(4, "little") + _VENDOR + (2).to_bytes(4, "little") + pair
        blocks.insert(1, _Block(_COMMENTS, 0, 0, (Literal(content),)))
    else:
        # Readers take the first manifest, so ours goes in front of one that belongs to the content.
        at = structure.ours[0].offset if structure.ours else structure.comments_end
        blocks[structure.comments_in] = _edited(structure, 2, [(at, at, _pair(payload, record))])
    longest = max(block.size for block in blocks)
    if longest > _MAX_BLOCK:
        msg = f"the block of comments would have {longest} bytes, more than the {_MAX_BLOCK} that FLAC allows"
        raise LayoutError(msg)
    return _plan(structure, blocks)


def _pair(payload: bytes, record: dict[str, Any]) -> bytes:
    comments = (MANIFEST_KEY + payload, RECORD_KEY + encode_record(record))
    return b"".join(len(each).to_bytes(4, "little") + each for each in comments)


def _walk(reader: Reader, structure: _Structure) -> None:
    """Collect the blocks, then read the comments; what is wrong becomes the problem."""
    try:
        cursor = Cursor(reader, structure.start + len(MARKER))
        _take_blocks(cursor, structure)
        structure.audio = Copy(cursor.offset, audio_end(reader, cursor.offset) - cursor.offset)
        start = reader.read_at(cursor.offset, 2)
        if start and start not in (b"\xff\xf8", b"\xff\xf9"):
            structure.problem = structure.problem or f"no frame of audio follows its metadata at byte {cursor.offset}"
    except LayoutError as error:
        structure.problem = structure.problem or str(error)
    _take_stream_info(reader, structure)
    for index, block in enumerate(structure.blocks):
        if block.kind == _COMMENTS:
            structure.comments_in = index
            try:
                _take_comments(Cursor(reader, block.offset, block.offset + block.length), structure)
            except LayoutError as error:
                structure.problem = structure.problem or str(error)
            break


def _take_blocks(cursor: Cursor, structure: _Structure) -> None:
    for _ in range(_MAX_BLOCKS):
        head = cursor.u32be("metadata block")
        data = cursor.skip(head & _MAX_BLOCK, "metadata block")
        structure.blocks.append(_Block(head >> 24 & 0x7F, data.offset, data.length))
        if head >> 31:
            structure.closed = True
            return
    msg = f"it has more than {_MAX_BLOCKS} metadata blocks"
    raise LayoutError(msg)


def _take_stream_info(reader: Reader, structure: _Structure) -> None:
    first = structure.blocks[0] if structure.blocks else None
    if first is None or (first.kind, first.length) != (_STREAMINFO, _STREAMINFO_LENGTH):
        structure.problem = structure.problem or "its metadata do not begin with STREAMINFO of 34 bytes"
        return
    packed = int.from_bytes(reader.read_at(first.offset + 10, 8))
    sample_rate, channels, samples = packed >> 44, (packed >> 41 & 7) + 1, packed & (1 << 36) - 1
    if not sample_rate:
        structure.problem = structure.problem or "its STREAMINFO states no sample rate"
        return
    structure.facts = {"audio": {"codec": "flac", "sample_rate": sample_rate, "channels": channels}}
    if samples:
        structure.facts["duration"] = samples / sample_rate


def _take_comments(cursor: Cursor, structure: _Structure) -> None:
    """Walk over the comments of a block and keep ours.

    Raises:
        LayoutError: They leave the block, or are too many.
    """
    cursor.skip(cursor.u32le("length of the vendor"), "vendor")
    structure.count_at = cursor.offset
    structure.count = cursor.u32le("number of comments")
    if structure.count > MAX_ELEMENTS:
        msg = f"it states {structure.count} comments"
        raise LayoutError(msg)
    for _ in range(structure.count):
        start = cursor.offset
        length = cursor.u32le("length of a comment")
        begin = cursor.peek(min(length, len(MANIFEST_KEY))).upper()
        data = cursor.skip(length, "comment")
        for key in (MANIFEST_KEY, RECORD_KEY):
            if begin.startswith(key):
                _take_ours(cursor.reader, structure, _Comment(key, start, data.offset + data.length))
    structure.comments_end = cursor.offset


def _take_ours(reader: Reader, structure: _Structure, comment: _Comment) -> None:
    """Keep one of our comments; read it only if it is of the pair that counts."""
    manifest = structure.manifest
    is_first = comment.key == MANIFEST_KEY and manifest is None
    if is_first or (comment.key == RECORD_KEY and manifest is not None and manifest.end == comment.offset):
        begin = comment.offset + 4 + len(comment.key)
        text = reader.read_at(begin, comment.end - begin) if comment.end - begin <= MAX_PAYLOAD else None
        comment = _Comment(comment.key, comment.offset, comment.end, text)
        if is_first:
            structure.manifest = comment
        else:
            structure.record = comment
    structure.ours.append(comment)


def _damage(structure: _Structure, record: dict[str, Any] | None) -> str | None:
    """What is wrong with the pair that counts."""
    if structure.manifest is None:
        return "there is a GENBLAZE_RECORD comment, but no manifest" if structure.ours else None
    if structure.manifest.text is None:
        return f"the GENBLAZE_MANIFEST comment has more than {MAX_PAYLOAD} bytes, and is not read"
    if structure.record is not None and record is None:
        return "the GENBLAZE_RECORD comment does not match its own check"
    return None


def _restores(structure: _Structure, record: dict[str, Any] | None) -> Iterator[EditPlan]:
    """Without our comments; without only the pair that counts; without the block that was made for us."""
    ours = structure.ours
    if not ours or structure.comments_in is None:
        return
    pair = [comment for comment in (structure.manifest, structure.record) if comment is not None]
    ways = [_without(structure, chosen) for chosen in ([ours, pair] if 0 < len(pair) < len(ours) else [ours])]
    removed = structure.blocks[: structure.comments_in] + structure.blocks[structure.comments_in + 1 :]
    if record is not None:
        made_for_us = record.get("restore") == {"block": "new"} and len(ours) == structure.count and bool(removed)
        for blocks in [removed, *ways] if made_for_us else ways:
            yield _plan(structure, blocks)
        return
    if len(ours) == structure.count and removed:
        ways.append(removed)
    for blocks in ways:
        yield from _published(structure, blocks)


def _published(structure: _Structure, blocks: list[_Block]) -> Iterator[EditPlan]:
    """What the published package may have found: it takes room from the padding if there is enough, else makes new."""
    if blocks[-1].kind == _PADDING:
        *others, padding = blocks
        freed = sum(block.size for block in structure.blocks) - sum(block.size for block in blocks)
        freed += 4 * (len(structure.blocks) - len(blocks))
        for length in (padding.length + freed, *_USUAL_PADDINGS):
            if length is None:
                yield _plan(structure, others)
            elif length <= _MAX_BLOCK:
                yield _plan(structure, [*others, _Block(_PADDING, 0, 0, (Literal(bytes(length)),))])
    yield _plan(structure, blocks)


def _without(structure: _Structure, comments: list[_Comment]) -> list[_Block]:
    blocks = list(structure.blocks)
    if structure.comments_in is not None:
        changes = [(comment.offset, comment.end, b"") for comment in comments]
        blocks[structure.comments_in] = _edited(structure, -len(comments), changes)
    return blocks


def _edited(structure: _Structure, more: int, changes: list[tuple[int, int, bytes]]) -> _Block:
    """The block of comments with some ranges replaced, and the number of comments changed by `more`."""
    block = structure.blocks[structure.comments_in or 0]
    segments: list[Segment] = []
    position = block.offset
    count = (structure.count + more).to_bytes(4, "little")
    for start, end, insert in [(structure.count_at, structure.count_at + 4, count), *changes]:
        segments += (Copy(position, start - position), Literal(insert))
        position = end
    segments.append(Copy(position, block.offset + block.length - position))
    return _Block(block.kind, block.offset, block.length, build_plan(segments).segments)


def _plan(structure: _Structure, blocks: list[_Block]) -> EditPlan:
    """The file with these metadata blocks instead of its own; the last one is marked as that."""
    segments: list[Segment] = [Copy(0, structure.start + len(MARKER))]
    was_last = structure.blocks[-1]
    for block in blocks:
        last = structure.closed and block is blocks[-1]
        if block.data is None and last == (structure.closed and block is was_last):
            segments.append(Copy(block.offset - 4, block.length + 4))
            continue
        segments.append(Literal(bytes([last << 7 | block.kind]) + block.size.to_bytes(3)))
        segments += (Copy(block.offset, block.length),) if block.data is None else block.data
    end = was_last.offset + was_last.length
    segments.append(Copy(end, structure.size - end))
    return build_plan(segments)
