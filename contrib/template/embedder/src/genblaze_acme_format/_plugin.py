"""What genblaze loads: how files of the format are read, and where in them the manifest goes.

A file begins with `MAGIC`, and readers of the format stop at the length it states, so the manifest follows the content:

    MAGIC, length (4 bytes), content | manifest, record, their lengths (4 bytes each), END
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from genblaze import Capability, hookimpl
from genblaze.layout import (
    MAX_PAYLOAD,
    MAX_RECORD,
    Copy,
    EditPlan,
    Layout,
    LayoutError,
    Literal,
    Reader,
    decode_record,
    encode_record,
    read_exactly,
)

TYPE = "application/x-acme-format"
MAGIC = b"\x89ACME-FORMAT\n"
END = b"\nACME-FORMAT\x89"
HEAD = len(MAGIC) + 4
TAIL = 8 + len(END)


@hookimpl
def provides() -> Iterable[Capability]:
    """The format, and how its files are recognised."""
    summary = "Manifests in .acme-format files"
    return [Capability("embed_manifest", TYPE, magic=(MAGIC.hex(),), suffixes=(".acme-format",), summary=summary)]


@hookimpl
def inspect_media(reader: Reader) -> Layout | None:
    """Find the content, and a manifest behind it.

    Raises:
        LayoutError: The file ends before its content does.
    """
    if reader.read_at(0, len(MAGIC)) != MAGIC:
        return None
    length = int.from_bytes(read_exactly(reader, len(MAGIC), 4, "the length of the content"))
    end = HEAD + length
    if end > reader.size:
        msg = f"the content should have {length} bytes, and the file has only {reader.size}"
        raise LayoutError(msg)
    essence = (Copy(HEAD, length),)
    found = _manifest_at(reader, end)
    if found is None:
        return Layout(media_type=TYPE, size=reader.size, essence=essence)
    payload, record = found
    return Layout(
        media_type=TYPE,
        size=reader.size,
        essence=essence,
        payload=payload,
        record=record,
        restores=(EditPlan((Copy(0, end),)),),
        damage=None if record else "the record beside the manifest is damaged",
    )


@hookimpl
def embed_manifest(layout: Layout, payload: bytes, record: dict[str, Any]) -> EditPlan:
    """Put the manifest behind the content.

    Raises:
        LayoutError: Something else stands there, which would be taken for the manifest's.
    """
    (content,) = layout.essence
    if content.offset + content.length != layout.size:
        msg = f"behind the content stand {layout.size - content.offset - content.length} bytes that are not known"
        raise LayoutError(msg)
    encoded = encode_record(record)
    lengths = len(payload).to_bytes(4) + len(encoded).to_bytes(4)
    return EditPlan((Copy(0, layout.size), Literal(payload + encoded + lengths + END)))


def _manifest_at(reader: Reader, start: int) -> tuple[bytes, dict[str, Any] | None] | None:
    """The manifest and the record, which reach from the content to the end of the file; None if there is none."""
    tail = reader.read_at(max(start, reader.size - TAIL), TAIL)
    payload, record = int.from_bytes(tail[:4]), int.from_bytes(tail[4:8])
    fits = start + payload + record + TAIL == reader.size
    if not tail.endswith(END) or not fits or payload > MAX_PAYLOAD or record > MAX_RECORD:
        return None
    return reader.read_at(start, payload), decode_record(reader.read_at(start + payload, record))
