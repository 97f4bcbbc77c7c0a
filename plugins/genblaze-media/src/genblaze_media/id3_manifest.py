r"""The manifest in an ID3v2 tag: a `TXXX` frame `genblaze:manifest`, with our record in the one behind it.

The published genblaze packages write the same frame (through mutagen, as ID3v2.4) and read it with any encoding. An
existing tag gets our two frames in front of its own and keeps its version; where there is none, a new ID3v2.4 tag
holds them alone. Before 2.4 there is no UTF-8, so the JSON is written in ASCII with `\u` escapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from genblaze.layout import (
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
from genblaze_media import id3

MANIFEST_NAME = "genblaze:manifest"
RECORD_NAME = "genblaze:record"

_MAX_TAGS = 16
# Padding of tags that were there before the published package put its own: none, what ffmpeg writes.
_USUAL_PADDINGS = (0, 10)
# As long as a frame's header: some readers, ExifTool among them, look for one behind the last frame.
_PADDING = bytes(10)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_ESCAPE = re.compile(rb"\\(?:u[0-9A-Fa-f]{4}|.)")


class Block(Struct, frozen=True):
    """One of our frames: where it lies, and its text (None: it cannot be read)."""

    name: str
    offset: int
    end: int
    text: bytes | None = None


class Head(Struct):
    """What stands in front of the audio.

    Attributes:
        size: Length of the whole file.
        tag: The first tag; the only one that manifests are read from and written into.
        content_at: Where the content behind all leading tags begins.
        blocks: All our frames; `manifest` is the first that is one, `record` the one right behind it, and `moved` one
            that stands elsewhere, for taggers sort frames by their length.
        alone: Whether the tag holds nothing but frames of ours.
        frames_end: Where its last frame ends; what follows in the tag is padding.
        problem: Why the file cannot be embedded into.
    """

    size: int
    tag: id3.Tag | None = None
    content_at: int = 0
    blocks: list[Block] = []
    manifest: Block | None = None
    record: Block | None = None
    moved: Block | None = None
    alone: bool = True
    frames_end: int = 0
    problem: str | None = None

    @property
    def is_cut(self) -> bool:
        """Whether the file ends before its tags do, so that no content can be seen."""
        return self.content_at > self.size


def read_head(reader: Reader) -> Head:
    """Walk over the leading tags, and over the frames of the first."""
    head = Head(size=reader.size)
    for _ in range(_MAX_TAGS):
        tag = id3.read_tag(reader, head.content_at)
        if tag is None:
            break
        head.tag = head.tag or tag
        head.content_at = tag.behind
    if head.tag is not None:
        head.problem, head.frames_end = head.tag.problem, head.tag.frames_at
        _walk(reader, head, head.tag)
    return head


def _walk(reader: Reader, head: Head, tag: id3.Tag) -> None:
    try:
        for frame in id3.frames(reader, tag):
            head.frames_end = frame.end
            name = id3.description(reader, tag, frame)
            if name in (MANIFEST_NAME, RECORD_NAME):
                _take(reader, head, tag, frame, name)
                continue
            head.alone = False
            if frame.kind in {b"GEOB", b"GEO"} and b"c2pa" in (id3.frame_start(reader, tag, frame, 64) or b"").lower():
                head.problem = "it carries C2PA content credentials (GEOB), which would become invalid"
    except LayoutError as error:
        head.alone = False
        # Older versions are read as they stand, up to what is broken. In 2.4 the sizes of the frames were often
        # written as in 2.3; readers guess which is meant, and ours among them would make them guess wrong.
        head.problem = head.problem or (str(error) if tag.version == 4 else None)


def _take(reader: Reader, head: Head, tag: id3.Tag, frame: id3.Frame, name: str) -> None:
    """Keep one of our frames; read it only if it is of the pair that counts."""
    block = Block(name, frame.offset, frame.end)
    if name == MANIFEST_NAME and head.manifest is None:
        block = head.manifest = Block(name, frame.offset, frame.end, id3.text(reader, tag, frame))
    elif name == RECORD_NAME and head.manifest is not None and head.manifest.end == frame.offset:
        block = head.record = Block(name, frame.offset, frame.end, id3.text(reader, tag, frame))
    elif name == RECORD_NAME and head.moved is None:
        block = head.moved = Block(name, frame.offset, frame.end, id3.text(reader, tag, frame))
    head.blocks.append(block)


def tagged_layout(reader: Reader, head: Head, media_type: str, audio: Copy | None, facts: dict[str, Any]) -> Layout:
    """The layout of a file whose manifest is in the tag; `audio` is None where no audio could be found."""
    if audio is None:
        head.problem = head.problem or "there is no audio behind its ID3 tag"
    record, moved = (
        None if block is None or block.text is None else decode_record(block.text)
        for block in (head.record, head.moved)
    )
    return Layout(
        media_type=media_type,
        size=reader.size,
        payload=None if head.manifest is None else head.manifest.text,
        record=record,
        moved_record=moved if record is None else None,
        restores=tuple(_restores(head, record)),
        essence=() if audio is None else (audio,),
        facts=facts,
        damage=_damage(reader, head, record),
        detail=head,
    )


def plan_tag(layout: Layout, payload: bytes, record: dict[str, Any]) -> EditPlan | None:
    """Put manifest and record into the tag, or into a new one.

    Raises:
        LayoutError: The tag cannot take them, or could not be restored.
    """
    head = layout.detail
    if not isinstance(head, Head):
        return None
    if head.problem is not None:
        raise LayoutError(head.problem)
    if len(payload) > MAX_PAYLOAD or b"\0" in payload:
        msg = f"a manifest of {len(payload)} bytes cannot be the text of a frame"
        raise LayoutError(msg)
    if head.tag is None:
        tag = id3.Tag(offset=0, version=4, flags=0, size=0, frames_at=0)
        frames = _pair(tag, payload, {**record, "restore": {"tag": "new"}}) + _PADDING
        return splice(layout.size, [Edit(0, 0, b"ID3\4\0\0" + id3.synchsafe(len(frames)) + frames)])
    frames = _pair(head.tag, payload, record)
    return splice(layout.size, [Edit(head.tag.frames_at, 0, frames), *_resized(head.tag, head.tag.size + len(frames))])


def _pair(tag: id3.Tag, payload: bytes, record: dict[str, Any]) -> bytes:
    value = payload if tag.version == 4 else _ascii(payload)
    manifest = id3.text_frame(tag, MANIFEST_NAME.encode(), value)
    return manifest + id3.text_frame(tag, RECORD_NAME.encode(), encode_record(record))


def _ascii(payload: bytes) -> bytes:
    """The same JSON with all that is not ASCII escaped; what we escaped already stays as it is.

    There is one spelling of each escape, so that a changed byte in one shows when the block is built again.
    """
    try:
        escaped = _NOT_ASCII.sub(_escape, payload.decode()).encode("ascii")
    except UnicodeDecodeError as error:
        msg = f"the manifest is not UTF-8: {error}"
        raise LayoutError(msg) from error
    return _ESCAPE.sub(lambda found: found[0].lower() if len(found[0]) > 2 else found[0], escaped)


def _escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _resized(tag: id3.Tag, size: int) -> list[Edit]:
    """The new size, in the header and in the footer that repeats it."""
    field = id3.synchsafe(size)
    places = (tag.offset, tag.end) if tag.has_footer else (tag.offset,)
    return [Edit(place + 6, 4, field) for place in places]


def _damage(reader: Reader, head: Head, record: dict[str, Any] | None) -> str | None:
    """What is wrong with the pair that counts."""
    if head.manifest is None:
        if head.blocks:
            return "there is a genblaze:record frame, but no manifest"
        evident = head.tag is not None and MANIFEST_NAME.encode() in reader.read_at(head.tag.frames_at, 64)
        return f"the ID3 frame of the manifest is damaged: {head.problem or 'malformed'}" if evident else None
    if head.manifest.text is None:
        return "the genblaze:manifest frame is malformed or too long, and is not read"
    if head.record is not None and record is None:
        return "the genblaze:record frame does not match its own check"
    return None


def _restores(head: Head, record: dict[str, Any] | None) -> Iterator[EditPlan]:
    """Without the tag that was made for us; without our frames; without only the pair that counts."""
    tag, blocks = head.tag, head.blocks
    if tag is None or not blocks:
        return
    whole_tag = []
    if head.alone and not head.is_cut:
        whole_tag = [splice(head.size, [Edit(tag.offset, tag.behind - tag.offset)])]
    made_for_us = record is None or record.get("restore") == {"tag": "new"}
    if made_for_us:
        yield from whole_tag
    pair = [block for block in (head.manifest, head.record) if block is not None]
    for chosen in [blocks, pair] if 0 < len(pair) < len(blocks) else [blocks]:
        yield from _without(head, tag, chosen)
    if record is None:
        yield from _published(head, tag)
    if not made_for_us:
        yield from whole_tag


def _without(head: Head, tag: id3.Tag, blocks: list[Block], end: Edit | None = None) -> Iterator[EditPlan]:
    """The tag without some frames, and, with `end`, with other padding."""
    removed = [Edit(block.offset, block.end - block.offset) for block in blocks]
    edits = [*removed, end] if end else removed
    size = tag.size + sum(len(edit.insert) - edit.remove for edit in edits)
    # A tag that runs past the end cannot be what we wrote, but what is ours goes out of it all the same.
    if size >= 0 and (tag.behind <= head.size or not tag.has_footer):
        yield splice(head.size, [*edits, *_resized(tag, size)])


def _published(head: Head, tag: id3.Tag) -> Iterator[EditPlan]:
    """What the published package may have found: it takes room from the padding if there is enough, else makes new.

    It writes all frames of the tag anew, so these are right only for tags that the same library wrote.
    """
    padding = tag.end - head.frames_end
    ours = sum(block.end - block.offset for block in head.blocks)
    if head.alone or padding < 0 or tag.has_footer or tag.behind > head.size:
        return
    for length in (padding + ours, *_USUAL_PADDINGS):
        if length != padding:
            yield from _without(head, tag, head.blocks, Edit(head.frames_end, padding, bytes(length)))
