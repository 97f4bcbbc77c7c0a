"""WAV, Broadcast WAV, RF64 and BW64: manifest and record in a `LIST`/`INFO` chunk at the end of the form.

Format: RIFF (see `riff`), EBU Tech 3285 (BWF), EBU Tech 3306 (RF64), ITU-R BS.2088 (BW64). The chunk and its `IMFL`
sub-chunk are those of the published genblaze packages, which read the first one. Recordings that went through a pipe
do not say how long they are: their size fields are completed, and the record keeps what stood there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import partial
from typing import Any, TypeGuard

from msgspec import Struct, field

from genblaze.layout import (
    MAX_PAYLOAD,
    Copy,
    Edit,
    EditPlan,
    Layout,
    LayoutError,
    Reader,
    decode_record,
    read_exactly,
    splice,
)
from genblaze_media.riff import FIRST_CHUNK, HEAD, Chunk, ChunkWalk
from genblaze_media.wav_format import FORMAT_LENGTH, WaveFormat, read_format, wave_facts
from genblaze_media.wav_info import Block, InfoBlocks, pack_pair, removals

_FORM_AT = 8  # the size of the form counts from its kind on
_LONG_KINDS = (b"RF64", b"BW64")
_IN_DS64 = 2**32 - 1
_DS64_SIZES = struct.Struct("<QQ")
# What programs write that cannot know the length yet: 0, SoX's 0x7ffff000 and ffmpeg's 0xffffffff.
_OPEN_FROM = 0x7FFF_F000


class _SizeField(Struct, frozen=True):
    """Where the size of the form stands, in how many bytes, and what it says."""

    offset: int
    width: int
    value: int

    def holds(self, value: Any) -> TypeGuard[int]:
        return type(value) is int and 0 <= value < 256**self.width

    def patch(self, value: int) -> Edit:
        return Edit(self.offset, self.width, value.to_bytes(self.width, "little"))


class _Structure(Struct):
    """What one walk over the chunks found.

    `end` is where the last chunk ends and ours goes, `unpadded` that its pad byte is missing; `open_data` is a data
    chunk whose length is not stated, as it is declared; `problem` is why the file cannot be embedded into.
    """

    size: int
    size_field: _SizeField
    ds64_data: int | None = None
    end: int = FIRST_CHUNK
    unpadded: bool = False
    data: Chunk | None = None
    open_data: Chunk | None = None
    format: WaveFormat | None = None
    sample_count: int | None = None
    essence: list[Copy] = []
    blocks: InfoBlocks = field(default_factory=InfoBlocks)
    problem: str | None = None

    @property
    def stop(self) -> int:
        """Where the form says that it ends; the end of the file if it does not."""
        declared = _FORM_AT + self.size_field.value
        is_open = not self.size_field.value or (self.size_field.value >= _OPEN_FROM and declared > self.size)
        return self.size if is_open else declared


def inspect_media(reader: Reader) -> Layout | None:
    """Find our sub-chunks, the sound and its format; a cut file shows what is still whole."""
    head = reader.read_at(0, FIRST_CHUNK)
    if head[:4] not in (b"RIFF", *_LONG_KINDS) or head[8:] != b"WAVE":
        return None
    structure = _walk(reader, head)
    blocks = structure.blocks
    record = None if blocks.record is None or blocks.record.text is None else decode_record(blocks.record.text)
    return Layout(
        media_type="audio/wav",
        size=reader.size,
        payload=None if blocks.manifest is None else blocks.manifest.text,
        record=record,
        restores=tuple(_restores(structure, reader.size, record)),
        essence=tuple(structure.essence),
        facts=wave_facts(structure.format, sum(part.length for part in structure.essence), structure.sample_count),
        damage=blocks.problem(),
        detail=structure,
    )


def embed_manifest(layout: Layout, payload: bytes, record: dict[str, Any]) -> EditPlan | None:
    """Append the list to the form, or put it before one that belongs to the content, and complete the sizes."""
    structure = layout.detail
    if not isinstance(structure, _Structure):
        return None
    if structure.problem is not None:
        raise LayoutError(structure.problem)
    if len(payload) > MAX_PAYLOAD:
        msg = f"the manifest has {len(payload)} bytes, more than the {MAX_PAYLOAD} that readers accept"
        raise LayoutError(msg)
    older = structure.blocks.lists
    if older and structure.open_data is not None:
        msg = "it holds an older manifest, but does not state how long its sound is"
        raise LayoutError(msg)
    at = older[0].chunk.offset if older else structure.end
    pad = bytes(structure.unpadded and not older)
    return _plan(structure, layout.size, at, pad, payload, record)


def _plan(structure: _Structure, size: int, at: int, pad: bytes, payload: bytes, record: dict[str, Any]) -> EditPlan:
    """The insertion at `at`, behind `pad`, with what the size fields must say then and said before."""
    restore: dict[str, int] = {"pad": 1} if pad else {}
    form, edits = structure.size_field, []
    if structure.open_data is not None:
        restore["data"] = structure.open_data.length
        edits.append(_data_patch(structure.open_data, size - structure.open_data.data))
    if form.value != structure.end - _FORM_AT:
        restore["riff"] = form.value
    inserted = pad + pack_pair(payload, {**record, "restore": restore})
    form_size = structure.end - _FORM_AT + len(inserted)
    if not form.holds(form_size + 1):  # the highest value stands for none
        msg = f"with the manifest it would have {form_size} bytes, more than a RIFF file can"
        raise LayoutError(msg)
    return splice(size, [form.patch(form_size), *edits, Edit(at, 0, inserted)])


def _data_patch(data: Chunk, length: int) -> Edit:
    if length >= _IN_DS64:
        msg = f"its sound has {length} bytes, more than a RIFF file can state"
        raise LayoutError(msg)
    return Edit(data.offset, HEAD.size, HEAD.pack(data.kind, length))


def _walk(reader: Reader, head: bytes) -> _Structure:
    """Collect what matters, up to the end of the form or to where the chunks stop making sense."""
    structure = _Structure(reader.size, _SizeField(4, 4, int.from_bytes(head[4:8], "little")))
    walk, last = ChunkWalk(reader), None
    try:
        if head[:4] in _LONG_KINDS:
            _take_long_sizes(structure, reader)
        chunks = walk.chunks(
            FIRST_CHUNK, min(structure.stop, reader.size), limit=reader.size, measure=partial(_measure, structure)
        )
        for chunk in chunks:
            _take(structure, walk, chunk, last)
            last = chunk
        if last is not None:
            _take_end(structure, reader, last)
        if structure.data is None and structure.end < reader.size:
            structure.problem = structure.problem or f"its form ends at byte {structure.end} without any sound"
    except LayoutError as error:
        structure.problem = structure.problem or str(error)
        _take_cut_list(structure, walk, FIRST_CHUNK if last is None else last.next)
    return structure


def _take_cut_list(structure: _Structure, walk: ChunkWalk, at: int) -> None:
    """Look into a list that is not whole; what is still there of a manifest counts as damaged."""
    blocks, left = structure.blocks, walk.reader.size - at - HEAD.size
    if walk.reader.read_at(at, 4) == b"LIST" and left > 0:
        known = blocks.manifest
        blocks.take(walk, Chunk(b"LIST", at, left), after_pad=False)
        if blocks.manifest is not known:
            blocks.damage = f"the chunk of the manifest is cut: {structure.problem}"


def _take_long_sizes(structure: _Structure, reader: Reader) -> None:
    """The 64-bit sizes; the field at the front counts where it holds a size after all."""
    kind, length = HEAD.unpack(read_exactly(reader, FIRST_CHUNK, HEAD.size, "the ds64 chunk"))
    if kind != b"ds64" or length < _DS64_SIZES.size + 8:
        msg = f"the first chunk is {kind!r} of {length} bytes, where ds64 with the sizes belongs"
        raise LayoutError(msg)
    at = FIRST_CHUNK + HEAD.size
    form, structure.ds64_data = _DS64_SIZES.unpack(read_exactly(reader, at, _DS64_SIZES.size, "the ds64 chunk"))
    if structure.size_field.value == _IN_DS64:
        structure.size_field = _SizeField(at, 8, form)


def _measure(structure: _Structure, chunk: Chunk) -> int:
    """The true length of a chunk."""
    if structure.ds64_data is not None and chunk.length == _IN_DS64:
        if chunk.kind != b"data" or not structure.ds64_data:
            msg = f"the length of the {chunk.kind!r} chunk at byte {chunk.offset} is not stated where it is looked for"
            raise LayoutError(msg)
        return structure.ds64_data
    if chunk.kind == b"data" and structure.ds64_data is None and _is_open(structure, chunk):
        structure.open_data = chunk
        return structure.size - chunk.data
    return chunk.length


def _is_open(structure: _Structure, data: Chunk) -> bool:
    """Whether sound runs to the end of the file, as players take it then too."""
    if data.length:
        return data.length >= _OPEN_FROM and data.end > structure.size
    return data.data < structure.size and structure.stop in (structure.size, data.data)


def _take(structure: _Structure, walk: ChunkWalk, chunk: Chunk, last: Chunk | None) -> None:
    reader = walk.reader
    if chunk.kind == b"fmt " and structure.format is None:
        structure.format = read_format(reader.read_at(chunk.data, min(chunk.length, FORMAT_LENGTH)))
    elif chunk.kind == b"fact" and chunk.length >= 4:
        structure.sample_count = int.from_bytes(reader.read_at(chunk.data, 4), "little")
    elif chunk.kind == b"data":
        structure.data = structure.data or chunk
        if chunk.length:
            structure.essence.append(Copy(chunk.data, chunk.length))
        else:
            structure.problem = "its data chunk is empty, and players take what follows for sound"
    elif chunk.kind == b"LIST":
        structure.blocks.take(walk, chunk, after_pad=last is not None and last.length % 2 == 1)
    elif chunk.kind == b"C2PA":
        structure.problem = "it carries C2PA content credentials (C2PA chunk), which would become invalid"


def _take_end(structure: _Structure, reader: Reader, last: Chunk) -> None:
    """Where the form ends; the last pad byte may be missing, or be left out of the form's size."""
    missing = last.next > reader.size
    foreign = last.length % 2 == 1 and last.end >= structure.stop and reader.read_at(last.end, 1) != b"\0"
    structure.unpadded = missing or foreign
    structure.end = last.end if structure.unpadded else last.next


def _restores(structure: _Structure, size: int, record: dict[str, Any] | None) -> Iterator[EditPlan]:
    """Without all that is ours; or only without the pair that counts, where the content had others."""
    blocks = structure.blocks
    pair, everything = blocks.pair, blocks.all
    if not everything:
        return
    restore = {} if record is None else record.get("restore", {})
    if len(pair) == len(everything):
        yield _without(structure, size, pair, restore)
    else:
        yield _without(structure, size, everything, {})
        if pair:
            yield _without(structure, size, pair, restore)
    if record is None and blocks.lists[0].after_pad and len(everything) == 1:
        # The published package pads the last chunk, whether the original did or not, and counts the byte.
        removed = sum(edit.remove - len(edit.insert) for edit in removals(blocks.lists, everything, size))
        yield _without(structure, size, everything, {"pad": 1})
        yield _without(structure, size, everything, {"riff": structure.size_field.value - removed - 1})


def _without(structure: _Structure, size: int, blocks: list[Block], restore: dict[str, Any]) -> EditPlan:
    """The file without these; a record that says what cannot be only fails the digest later."""
    edits = removals(structure.blocks.lists, blocks, size)
    first = min(edit.offset for edit in edits)
    if restore.get("pad") == 1 and any(
        each.after_pad and each.chunk.offset == first for each in structure.blocks.lists
    ):
        edits.append(Edit(first - 1, 1))
    removed = sum(edit.remove - len(edit.insert) for edit in edits)
    form, value = structure.size_field, restore.get("riff")
    value = value if form.holds(value) else form.value - removed
    if form.holds(value):
        edits.append(form.patch(value))
    length = restore.get("data")
    if structure.data is not None and type(length) is int and 0 <= length <= _IN_DS64:
        edits.append(Edit(structure.data.offset, HEAD.size, HEAD.pack(b"data", length)))
    return splice(size, edits)
