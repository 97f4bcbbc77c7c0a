"""Manifest and record in the `LIST`/`INFO` chunks of a WAV file: sub-chunks `IMFL` and, right behind it, `IMFR`."""

from __future__ import annotations

import struct
from collections.abc import Collection

from msgspec import Struct

from genblaze.layout import MAX_PAYLOAD, Edit, LayoutError, Reader, decode_record, encode_record
from genblaze_media.riff import HEAD, Chunk, ChunkWalk, pack

MANIFEST_KIND, RECORD_KIND = b"IMFL", b"IMFR"
_INFO = b"INFO"
_SIZE = struct.Struct("<I")


class Block(Struct, frozen=True):
    """One sub-chunk of ours: where it lies, its text (None: not read) and what is wrong with it."""

    chunk: Chunk
    text: bytes | None = None
    damage: str | None = None


class InfoList(Struct):
    """A `LIST`/`INFO` chunk with sub-chunks of ours, among `members` in all.

    `is_whole` says that they fill it, as far as can be told; `after_pad` that the chunk in front of it has an odd
    length, so that a pad byte is between them.
    """

    chunk: Chunk
    members: int = 0
    blocks: list[Block] = []
    is_whole: bool = True
    after_pad: bool = False


class InfoBlocks(Struct):
    """All that is ours in a file: `manifest` is the first that is one, `record` the one right behind it.

    `damage` is what is wrong with the list that they are in.
    """

    lists: list[InfoList] = []
    manifest: Block | None = None
    record: Block | None = None
    damage: str | None = None

    @property
    def pair(self) -> list[Block]:
        """Manifest and record, as far as they are there."""
        return [block for block in (self.manifest, self.record) if block is not None]

    @property
    def all(self) -> list[Block]:
        """Every sub-chunk of ours, those of older manifests included."""
        return [block for each in self.lists for block in each.blocks]

    def problem(self) -> str | None:
        """What is wrong with the pair that counts."""
        manifest, record = self.manifest, self.record
        if manifest is None:
            return self.damage or ("there is an IMFR sub-chunk, but no manifest" if self.lists else None)
        if manifest.damage is not None or record is None:
            return manifest.damage or self.damage
        if record.damage is None and (record.text is None or decode_record(record.text) is None):
            return "the IMFR sub-chunk does not match its own check"
        return record.damage or self.damage

    def take(self, walk: ChunkWalk, chunk: Chunk, *, after_pad: bool) -> None:
        """Look for sub-chunks of ours in a `LIST` chunk."""
        reader = walk.reader
        if reader.read_at(chunk.data, 4) != _INFO:
            return
        found = InfoList(chunk, after_pad=after_pad)
        reached = chunk.data + len(_INFO)
        try:
            for member in walk.chunks(reached, chunk.end):
                self._take_member(reader, found, member)
                reached = member.next
        except LayoutError as error:
            found.is_whole = False
            self._take_overlong(reader, found, reached, str(error))
        if found.blocks:
            self.lists.append(found)

    def _take_member(self, reader: Reader, found: InfoList, member: Chunk, damage: str | None = None) -> None:
        """Keep a sub-chunk if it is ours; read it only if it is of the pair that counts."""
        found.members += 1
        if member.kind not in (MANIFEST_KIND, RECORD_KIND):
            return
        block = Block(member, None, damage)
        if member.kind == MANIFEST_KIND and self.manifest is None:
            block = self.manifest = _read(reader, block)
        elif member.kind == RECORD_KIND and self.manifest is not None and self.manifest.chunk.next == member.offset:
            block = self.record = _read(reader, block)
        found.blocks.append(block)

    def _take_overlong(self, reader: Reader, found: InfoList, offset: int, damage: str) -> None:
        """A sub-chunk of ours that claims more than its list has is damaged, and takes up the rest of the list."""
        room = found.chunk.end - offset - HEAD.size
        if room >= 0:
            kind, length = HEAD.unpack(reader.read_at(offset, HEAD.size))
            if length > room and kind in (MANIFEST_KIND, RECORD_KIND):
                self._take_member(reader, found, Chunk(kind, offset, room), damage)
                found.is_whole = True


def _read(reader: Reader, block: Block) -> Block:
    kind, length = block.chunk.kind.decode(), block.chunk.length
    if block.damage is not None:
        return block
    if length > MAX_PAYLOAD + 1:
        return Block(block.chunk, None, f"the {kind} sub-chunk has {length} bytes, too many to be read")
    text = reader.read_at(block.chunk.data, length)
    if text.endswith(b"\0"):
        return Block(block.chunk, text[:-1])
    return Block(block.chunk, text, f"the text of the {kind} sub-chunk is not ended by a zero byte")


def pack_pair(payload: bytes, record: dict[str, object]) -> bytes:
    """The whole `LIST` chunk with manifest and record."""
    texts = ((MANIFEST_KIND, payload), (RECORD_KIND, encode_record(record)))
    return pack(b"LIST", _INFO + b"".join(pack(kind, text + b"\0") for kind, text in texts))


def removals(lists: Collection[InfoList], blocks: Collection[Block], size: int) -> list[Edit]:
    """What takes sub-chunks out of a file of `size` bytes: whole lists where nothing else is in them."""
    chosen = {block.chunk.offset for block in blocks}
    edits: list[Edit] = []
    for each in lists:
        ours = [block.chunk for block in each.blocks if block.chunk.offset in chosen]
        if len(ours) == each.members and each.is_whole:
            edits.append(Edit(each.chunk.offset, min(each.chunk.next, size) - each.chunk.offset))
        elif ours:
            parts = [Edit(sub.offset, min(sub.next, each.chunk.end) - sub.offset) for sub in ours]
            length = each.chunk.length - sum(part.remove for part in parts)
            edits += [Edit(each.chunk.offset + HEAD.size - _SIZE.size, _SIZE.size, _SIZE.pack(length)), *parts]
    return edits
