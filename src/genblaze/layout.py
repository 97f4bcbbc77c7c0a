"""What a format plugin reads and returns: bounded reads, layouts, edit plans, the record beside a manifest.

A format plugin only parses. `inspect_media` gets a `Reader` and returns a `Layout`; `embed_manifest` gets
that layout and returns an `EditPlan`. The kernel does all hashing, writing and renaming, so a plugin needs
nothing but this module.

The law for every format: embed, then restore, gives the original bytes back exactly; embedding again
replaces; nothing is ever re-encoded; time and memory are bounded whatever the file claims. Two rules follow
for the parser:

* lenient at `inspect_media`: a cut or odd file still shows its manifest (raise `LayoutError` only when
  nothing can be said);
* strict at `embed_manifest`: raise `LayoutError` for every file that would not come back byte for byte.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from collections.abc import Iterable
from typing import Any, Protocol

from msgspec import Struct

from genblaze.errors import EmbeddingError

__all__ = [
    "MAX_ELEMENTS",
    "MAX_PAYLOAD",
    "MAX_RECORD",
    "BytesReader",
    "Copy",
    "Cursor",
    "Edit",
    "EditPlan",
    "Layout",
    "LayoutError",
    "Literal",
    "Reader",
    "Segment",
    "build_plan",
    "decode_record",
    "encode_record",
    "read_exactly",
    "splice",
]

MAX_PAYLOAD = 16 * 1024 * 1024
"""Largest manifest that is read or embedded, in bytes (the published package's limit)."""

MAX_RECORD = 1024 * 1024
"""Largest record that is read, in bytes."""

MAX_ELEMENTS = 250_000
"""Most chunks, boxes, pages or frames that a parser walks before it refuses the file."""


class LayoutError(EmbeddingError):
    """A file that cannot be parsed, or cannot be embedded into: the message says where and why."""


class Copy(Struct, frozen=True, gc=False):
    """`length` bytes of the inspected file, from `offset` on."""

    offset: int
    length: int


class Literal(Struct, frozen=True, gc=False):
    """Bytes that the inspected file does not hold."""

    data: bytes


Segment = Copy | Literal


class EditPlan(Struct, frozen=True):
    """The content of a new file, as an ordered list of pieces of the old one and of new bytes.

    With `sidecar` the segments are the content of `<file>.genblaze.json` and the file itself stays as it is.
    """

    segments: tuple[Segment, ...]
    sidecar: bool = False

    @property
    def size(self) -> int:
        """Length in bytes of what the plan produces."""
        return sum(s.length if isinstance(s, Copy) else len(s.data) for s in self.segments)


class Edit(Struct, frozen=True, gc=False):
    """One change for `splice`: at `offset`, take `remove` bytes out and put `insert` in their place."""

    offset: int
    remove: int = 0
    insert: bytes = b""


class Reader(Protocol):
    """Random access to the bytes of a file, or of what a plan would make of it."""

    @property
    def size(self) -> int:
        """Length in bytes."""
        ...

    def read_at(self, offset: int, length: int) -> bytes:
        """`length` bytes from `offset` on; fewer only where the file ends."""
        ...


class Layout(Struct, kw_only=True):
    """What a format plugin found in a file.

    Attributes:
        media_type: The type that the content proves, such as ``image/png``.
        size: Length of the file in bytes.
        payload: JSON of the manifest found in the file (at most `MAX_PAYLOAD`), free of the container's
            escaping.
        record: Our record found beside it; None when the published package embedded it, or nobody did.
        moved_record: Our record where an editor has moved it away from the manifest: it still tells what the coded
            media were, but nothing of the bytes around them.
        restores: Plans that give back the file without any manifest of ours, the most likely first. Several
            where the bytes leave it open; the kernel takes the one whose digest the manifest lists.
        essence: Ranges of the coded media (IDAT data, mdat, PCM samples) in the file as it stands, in order.
        facts: What the container itself states: ``width``, ``height`` (pixels), ``duration`` (seconds), and
            ``video`` and ``audio`` dicts with the field names of `VideoMetadata` and `AudioMetadata`.
        damage: What is wrong with the manifest element itself (a bad checksum …), for people to read.
        detail: The plugin's own parse, handed back to its `embed_manifest`.
    """

    media_type: str
    size: int
    payload: bytes | None = None
    record: dict[str, Any] | None = None
    moved_record: dict[str, Any] | None = None
    restores: tuple[EditPlan, ...] = ()
    essence: tuple[Copy, ...] = ()
    facts: dict[str, Any] = {}
    damage: str | None = None
    detail: Any = None


class BytesReader:
    """A `Reader` over bytes in memory."""

    def __init__(self, data: bytes) -> None:
        """Read from `data`."""
        self._data = data

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self._data)

    def read_at(self, offset: int, length: int) -> bytes:
        """`length` bytes from `offset` on; fewer only at the end."""
        return self._data[offset : offset + length]


def read_exactly(reader: Reader, offset: int, length: int, what: str) -> bytes:
    """`length` bytes from `offset` on.

    Raises:
        LayoutError: The file ends earlier. `what` names the element in the message.
    """
    if offset < 0 or length < 0 or offset + length > reader.size:
        msg = f"{what} at byte {offset} needs {length} bytes, but the file ends at {reader.size}"
        raise LayoutError(msg)
    data = reader.read_at(offset, length)
    if len(data) != length:
        msg = f"{what} at byte {offset}: only {len(data)} of {length} bytes could be read"
        raise LayoutError(msg)
    return data


_U16BE, _U32BE, _U64BE = struct.Struct(">H"), struct.Struct(">I"), struct.Struct(">Q")
_U16LE, _U32LE, _U64LE = struct.Struct("<H"), struct.Struct("<I"), struct.Struct("<Q")


class Cursor:
    """A position that moves through part of a file and never leaves it.

    Every method names the element it reads, so that the `LayoutError` of a cut file tells what was cut.
    `end` narrows the cursor to one element: reading past it is an error even where the file goes on.
    """

    def __init__(self, reader: Reader, offset: int = 0, end: int | None = None) -> None:
        """Start at `offset` and stop at `end` (the end of the file unless given)."""
        self.reader = reader
        self.offset = offset
        self.end = reader.size if end is None else end
        if not 0 <= offset <= self.end <= reader.size:
            msg = f"bytes {offset} to {self.end} lie outside the file, which ends at {reader.size}"
            raise LayoutError(msg)

    @property
    def remaining(self) -> int:
        """Bytes left before the end."""
        return self.end - self.offset

    def _advance(self, length: int, what: str) -> int:
        if length < 0 or length > self.remaining:
            msg = f"{what} at byte {self.offset} needs {length} bytes, but only {self.remaining} are left"
            raise LayoutError(msg)
        start = self.offset
        self.offset += length
        return start

    def peek(self, length: int) -> bytes:
        """Up to `length` bytes, without moving."""
        return self.reader.read_at(self.offset, min(length, self.remaining))

    def take(self, length: int, what: str) -> bytes:
        """Exactly `length` bytes."""
        return read_exactly(self.reader, self._advance(length, what), length, what)

    def skip(self, length: int, what: str) -> Copy:
        """Pass over `length` bytes without reading them; returns their range."""
        return Copy(self._advance(length, what), length)

    def inner(self, length: int, what: str) -> Cursor:
        """A cursor over the next `length` bytes; this one moves behind them."""
        start = self._advance(length, what)
        return Cursor(self.reader, start, start + length)

    def u8(self, what: str) -> int:
        """One byte as a number."""
        return self.take(1, what)[0]

    def u16be(self, what: str) -> int:
        """Two bytes, the high one first."""
        return int(_U16BE.unpack(self.take(2, what))[0])

    def u32be(self, what: str) -> int:
        """Four bytes, the high one first."""
        return int(_U32BE.unpack(self.take(4, what))[0])

    def u64be(self, what: str) -> int:
        """Eight bytes, the high one first."""
        return int(_U64BE.unpack(self.take(8, what))[0])

    def u16le(self, what: str) -> int:
        """Two bytes, the low one first."""
        return int(_U16LE.unpack(self.take(2, what))[0])

    def u32le(self, what: str) -> int:
        """Four bytes, the low one first."""
        return int(_U32LE.unpack(self.take(4, what))[0])

    def u64le(self, what: str) -> int:
        """Eight bytes, the low one first."""
        return int(_U64LE.unpack(self.take(8, what))[0])


def build_plan(segments: Iterable[Segment], *, sidecar: bool = False) -> EditPlan:
    """An `EditPlan` without empty segments, neighbours joined where they follow one another."""
    joined: list[Segment] = []
    for segment in segments:
        last = joined[-1] if joined else None
        if isinstance(segment, Copy):
            if isinstance(last, Copy) and last.offset + last.length == segment.offset:
                joined[-1] = Copy(last.offset, last.length + segment.length)
            elif segment.length:
                joined.append(segment)
        elif isinstance(last, Literal):
            joined[-1] = Literal(last.data + segment.data)
        elif segment.data:
            joined.append(segment)
    return EditPlan(tuple(joined), sidecar)


def splice(size: int, edits: Iterable[Edit]) -> EditPlan:
    """The plan that applies `edits` to a file of `size` bytes; edits at one offset keep their order.

    Raises:
        LayoutError: Edits overlap or lie outside the file.
    """
    segments: list[Segment] = []
    position = 0
    for edit in sorted(edits, key=lambda edit: edit.offset):
        if edit.offset < position or edit.remove < 0 or edit.offset + edit.remove > size:
            msg = f"edits overlap or leave the file of {size} bytes: {edit.remove} bytes at {edit.offset}"
            raise LayoutError(msg)
        segments += (Copy(position, edit.offset - position), Literal(edit.insert))
        position = edit.offset + edit.remove
    segments.append(Copy(position, size - position))
    return build_plan(segments)


# --- the record
# ------------------------------------------------------------------------------------------------------
#
# Keys: "v" (1), "content_sha256", "content_size" (of the content without our manifest), "essence_sha256" (or
# None), "restore" (the format's own values: old size fields and flags, never offsets), "check" (digest of
# all the others).

_DIGEST = re.compile(r"[0-9a-f]{64}")
_CHECK_DIGITS = 32


def encode_record(record: dict[str, Any]) -> bytes:
    """`record` as deterministic ASCII JSON, completed by its "check"."""
    body = {key: value for key, value in record.items() if key != "check"}
    return _dump({**body, "check": hashlib.sha256(_dump(body)).hexdigest()[:_CHECK_DIGITS]})


def decode_record(data: bytes) -> dict[str, Any] | None:
    """The record that `encode_record` wrote, "check" included; None when one byte of it was changed."""
    if len(data) > MAX_RECORD:
        return None
    try:
        record = json.loads(data)
        intact = isinstance(record, dict) and encode_record(record) == data
    except (ValueError, TypeError, RecursionError):
        return None
    return record if intact and _is_well_formed(record) else None


def _dump(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _is_well_formed(record: dict[str, Any]) -> bool:
    size, essence = record.get("content_size"), record.get("essence_sha256")
    return (
        record.get("v") == 1
        and _is_digest(record.get("content_sha256"))
        and type(size) is int
        and size >= 0
        and (essence is None or _is_digest(essence))
        and isinstance(record.get("restore", {}), dict)
    )


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None
