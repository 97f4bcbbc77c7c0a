"""Ogg with Vorbis, Opus, FLAC, Speex or Theora: manifest and record are a logical stream of their own.

Format: RFC 3533. The first page of our stream is the last one of the group that opens the file, its other pages follow
directly, so that nothing of the other streams is renumbered. Readers pass over streams that they do not know (RFC 3533
§6). The published genblaze packages do not read Ogg.
"""

from __future__ import annotations

import struct
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
from genblaze_media.ogg_codecs import FIRST_PACKET_LENGTH, Codec, read_codec
from genblaze_media.ogg_pages import (
    CAPTURE,
    FIRST,
    LAST,
    MAX_PAGE,
    NO_GRANULE,
    Page,
    is_sound,
    last_page,
    pages,
    split_packets,
    stream_pages,
)

_MAGIC = b"genblaze"
_VERSION = 1
_ANNOUNCED = struct.Struct("<8sBII")  # magic, version, length of the manifest, length of the record
_SERIAL = int.from_bytes(b"gnbz", "little")
_TAIL = 2 * MAX_PAGE
_MAX_STREAM = MAX_PAYLOAD + MAX_RECORD + 2 * MAX_PAGE


class _Stream(Struct):
    """One logical stream of ours: its pages, what they hold, and what is wrong with them."""

    pages: list[Page]
    payload: bytes | None = None
    record: bytes | None = None
    damage: str | None = None

    @property
    def is_ended(self) -> bool:
        return bool(self.pages[-1].flags & LAST)


class _Structure(Struct):
    """What a walk over the pages up to the first sound found.

    `insert_at` is where the opening group ends; `ours` are our streams, of which the last one counts; `problem` is why
    the file cannot be embedded into.
    """

    insert_at: int = 0
    serials: set[int] = set()
    codecs: dict[int, Codec] = {}
    ours: dict[int, _Stream] = {}
    sound_at: int | None = None
    last: Page | None = None
    problem: str | None = None

    @property
    def manifest(self) -> _Stream | None:
        return next(reversed(self.ours.values()), None)


def inspect_media(reader: Reader) -> Layout | None:
    """Find our stream and what the other ones are; a cut file shows what is still whole."""
    if reader.read_at(0, 5) != CAPTURE + b"\0":
        return None
    structure = _walk(reader)
    manifest = structure.manifest
    record = None if manifest is None or manifest.record is None else decode_record(manifest.record)
    if manifest is not None and manifest.damage is None and record is None:
        manifest.damage = "the record in the genblaze stream does not match its own check"
    return Layout(
        media_type=_media_type(structure),
        size=reader.size,
        payload=None if manifest is None else manifest.payload,
        record=record,
        restores=tuple(_restores(structure, reader.size)),
        essence=() if structure.sound_at is None else (Copy(structure.sound_at, reader.size - structure.sound_at),),
        facts=_facts(structure),
        damage=None if manifest is None else manifest.damage,
        detail=structure,
    )


def embed_manifest(layout: Layout, payload: bytes, record: dict[str, Any]) -> EditPlan | None:
    """Insert the stream behind the group that opens the file; refuses chained files and such as are cut."""
    structure = layout.detail
    if not isinstance(structure, _Structure):
        return None
    if structure.problem is not None:
        raise LayoutError(structure.problem)
    if structure.last is None:
        msg = f"there is no whole page in its last {_TAIL} bytes"
        raise LayoutError(msg)
    if structure.last.serial not in structure.serials:
        msg = "it is a chain of several files, which players take apart only while none holds a second stream"
        raise LayoutError(msg)
    if len(payload) > MAX_PAYLOAD:
        msg = f"the manifest has {len(payload)} bytes, more than the {MAX_PAYLOAD} that readers accept"
        raise LayoutError(msg)
    serial = _SERIAL
    while serial in structure.serials:
        serial = (serial + 1) % 2**32
    note = encode_record(record)
    announced = _ANNOUNCED.pack(_MAGIC, _VERSION, len(payload), len(note))
    return splice(
        layout.size, [Edit(structure.insert_at, 0, b"".join(stream_pages(serial, [announced, payload, note])))]
    )


def _walk(reader: Reader) -> _Structure:
    """Go through the opening group, our streams and the other headers, up to the first page that ends in sound."""
    structure = _Structure()
    try:
        for page in pages(reader):
            if page.flags & FIRST and structure.insert_at == page.offset:
                _take_first(structure, reader, page)
            elif page.serial in structure.ours:
                _take_own(structure, page)
            elif page.granule not in (0, NO_GRANULE):
                structure.sound_at = page.offset
                break
        if not structure.insert_at:
            structure.problem = "the first page does not begin a stream"
    except LayoutError as error:
        structure.problem = str(error)
    if structure.manifest is not None:
        _read_own(reader, structure.manifest)
    structure.last = last_page(reader, _TAIL)
    return structure


def _take_first(structure: _Structure, reader: Reader, page: Page) -> None:
    if page.serial in structure.serials:
        msg = f"two streams have the serial number {page.serial}"
        raise LayoutError(msg)
    structure.insert_at = page.end
    structure.serials.add(page.serial)
    packet = reader.read_at(page.body, min(page.end - page.body, FIRST_PACKET_LENGTH))
    if packet.startswith(_MAGIC):
        structure.ours[page.serial] = _Stream([page])
    elif (codec := read_codec(packet)) is not None:
        structure.codecs[page.serial] = codec


def _take_own(structure: _Structure, page: Page) -> None:
    """Add a page to its stream; what comes behind the end of a stream belongs to nobody."""
    stream = structure.ours[page.serial]
    if not stream.is_ended:
        stream.pages.append(page)


def _read_own(reader: Reader, stream: _Stream) -> None:
    """Put the packets together that the stream that counts consists of."""
    length = sum(page.end - page.offset for page in stream.pages)
    if length > _MAX_STREAM:
        stream.damage = f"the genblaze stream has {length} bytes, too many to be read"
        return
    lacing = b"".join(page.lacing for page in stream.pages)
    body = b"".join(reader.read_at(page.body, page.end - page.body) for page in stream.pages)
    packets = split_packets(lacing, body)
    if len(packets) != 3 or not stream.is_ended:
        stream.damage = "the genblaze stream is cut or malformed"
    elif packets[0] != _ANNOUNCED.pack(_MAGIC, _VERSION, len(packets[1]), len(packets[2])):
        stream.damage = "the genblaze stream does not hold what its first page announces"
    elif not all(is_sound(reader, page) for page in stream.pages):
        stream.damage = "the checksum of a page of the genblaze stream is wrong"
    if len(packets) > 1 and len(packets[1]) <= MAX_PAYLOAD:
        stream.payload = packets[1]
    if len(packets) > 2:
        stream.record = packets[2]


def _restores(structure: _Structure, size: int) -> Iterator[EditPlan]:
    """Without all streams of ours; or only without the one that counts, where the content had others."""
    streams = list(structure.ours.values())
    for group in (streams, streams[-1:])[: min(2, len(streams))]:
        yield splice(size, [Edit(page.offset, page.end - page.offset) for stream in group for page in stream.pages])


def _media_type(structure: _Structure) -> str:
    codecs = structure.codecs.values()
    if any(codec.picture for codec in codecs):
        return "video/ogg"
    return "audio/ogg" if codecs else "application/ogg"


def _facts(structure: _Structure) -> dict[str, Any]:
    """What the first sound and the first picture state, and the duration up to the last page."""
    facts: dict[str, Any] = {}
    for serial, codec in structure.codecs.items():
        if codec.picture and "video" not in facts:
            facts |= codec.picture
        if codec.sound and "audio" not in facts:
            facts["audio"] = codec.sound
            duration = _duration(codec, serial, structure.last)
            facts |= {} if duration is None else {"duration": duration}
    if "video" in facts:
        facts["video"] = {**facts["video"], "has_audio": "audio" in facts}
    return facts


def _duration(codec: Codec, serial: int, last: Page | None) -> float | None:
    frames = codec.frames
    if not frames and last is not None and last.serial == serial:
        frames = last.granule - codec.skip
    return frames / codec.rate if frames > 0 and codec.rate else None
