"""XMP packets, in which JPEG, WebP and GIF carry the manifest and our record, and how they come out again.

Format: ISO 16684-1 (XMP), §7.3 (the packet). Both elements stand in one `rdf:Description`. The name of the manifest's
element, its prefix and its namespace are those of the published genblaze packages, whose readers look for the literal
tags in the raw bytes of the file; so no XML parser is needed, and none is used.
"""

from __future__ import annotations

import binascii
import hashlib
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from itertools import islice
from typing import Any

from msgspec import Struct

from genblaze.layout import MAX_PAYLOAD, MAX_RECORD, Edit, LayoutError, Reader, decode_record, encode_record

__all__ = [
    "MAX_BLOCKS",
    "MAX_PACKET",
    "Block",
    "Host",
    "Packet",
    "ascii_json",
    "find_host",
    "find_packet",
    "note_block",
    "read_packet",
    "removals",
    "write_packet",
]

MAX_PACKET = MAX_PAYLOAD + 2 * MAX_RECORD
"""Largest packet that is read or written, in bytes."""

MAX_BLOCKS = 16
"""Most packets with elements of ours in one file: a content that carries older manifests has one or two."""

_BEFORE = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
)
_END_OF_RDF = b"</rdf:RDF>"
_END_OF_META = b"</x:xmpmeta>"
_END_OF_PACKET = b'<?xpacket end="w"?>'
_NEW_PACKET = _BEFORE + _END_OF_RDF + _END_OF_META + _END_OF_PACKET
_DESCRIPTION = b'<rdf:Description rdf:about=%s xmlns:mf="https://github.com/backblaze-labs/genblaze/ns/1.0/">'
_END_OF_DESCRIPTION = b"</rdf:Description>"

# All descriptions of a packet name what they are about in the same way, most of them in none.
_ABOUT = re.compile(rb"<rdf:Description[^<>]*?\srdf:about=(\"[^\"<>]*\"|'[^'<>]*')")
_NOTHING = b'""'
_HOLLOW = re.compile(re.escape(_DESCRIPTION + _END_OF_DESCRIPTION).replace(b"%s", b"(\"[^\"<>]*\"|'[^'<>]*')"))

# Between these two there is room for a description of ours.
_HOST_BEGINS = re.compile(rb"<x:xmpmeta[^<>]*>\s*<rdf:RDF[^<>]*>")
_HOST_ENDS = re.compile(rb"</rdf:RDF>\s*</x:xmpmeta>")
_NO_HOST = (b"mf:", b"<!--", b"<![CDATA[")
_MAX_HOST = 1024 * 1024

# A packet with nothing in its description, whoever laid it out.
_EMPTY = re.compile(
    rb"\s*(<\?xpacket begin=[^<>]*>)?\s*<x:xmpmeta[^<>]*>\s*<rdf:RDF[^<>]*>\s*"
    rb"(<rdf:Description(\s+(rdf:about|xmlns:\w+)=(\"[^\"<>]*\"|'[^'<>]*'))*\s*(/>|>\s*</rdf:Description>))?"
    rb"\s*</rdf:RDF>\s*</x:xmpmeta>\s*(<\?xpacket end=[^<>]*>)?[\s\0]*"
)
_EMPTY_AT_MOST = 4096
_MAX_TAGS = 64
_ENTITY = re.compile(rb"&(?:(amp|lt|gt|quot|apos)|#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6}));")
_NAMED = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


class Packet(Struct, frozen=True):
    """What a packet holds of ours.

    Attributes:
        payload: JSON of the manifest, free of XML escaping.
        record: Our record; None when there is none.
        damage: What is wrong with the two, for people.
        rest: The packet without the two; empty when it holds nothing else.
    """

    payload: bytes | None = None
    record: dict[str, Any] | None = None
    damage: str | None = None
    rest: bytes = b""

    @property
    def restore(self) -> dict[str, Any] | None:
        """The format's own values in the record; None without a record."""
        return None if self.record is None else self.record.get("restore", {})


class Block(Struct, frozen=True):
    """The element of the container that holds a packet of ours; `rest` is what stands there without ours."""

    offset: int
    length: int
    packet: Packet
    rest: bytes = b""


class Host(Struct, frozen=True):
    """The element of the container that holds a packet of others, and that packet.

    A container has room for one packet: of two, readers pass over the first or the second.
    """

    offset: int
    length: int
    packet: bytes


def write_packet(payload: bytes, record: dict[str, Any], host: bytes = _NEW_PACKET) -> bytes:
    """A packet that holds a manifest and its record, in a description behind all that `host` holds.

    Raises:
        LayoutError: The manifest is larger than readers accept, or is no UTF-8.
    """
    document = ascii_json(payload)
    text = document.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
    if len(text) > MAX_PAYLOAD:
        msg = f"the manifest has {len(text)} bytes as XML text, more than the {MAX_PAYLOAD} that readers accept"
        raise LayoutError(msg)
    before, end, after = host.partition(_END_OF_RDF)
    # XMP has no checksums, and one manifest can be spelt in several ways (`\\u00e9`, `\\u00E9`).
    values = {**record.get("restore", {}), "json": _spelling(document)}
    if b"<?xpacket end=" not in after:  # by which published readers know a packet
        after = after.replace(_END_OF_META, _END_OF_META + _END_OF_PACKET, 1)
        values["xpacket"] = "ended"
    restore = b64encode(encode_record({**record, "restore": values}))
    elements = (b"<mf:manifest>", text, b"</mf:manifest><mf:restore>", restore, b"</mf:restore>")
    about = _ABOUT.search(host)
    description = _DESCRIPTION % (about[1] if about else _NOTHING)
    return b"".join((before, description, *elements, _END_OF_DESCRIPTION, end, after))


def ascii_json(payload: bytes) -> bytes:
    r"""The same JSON with every character beyond ASCII as `\uXXXX`; what is ASCII already stays as it is.

    XML forbids some characters that JSON allows, and editors re-encode others.

    Raises:
        LayoutError: The payload is no UTF-8.
    """
    if payload.isascii():
        return payload
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as error:
        msg = f"the manifest is not UTF-8: {error.reason} at byte {error.start}"
        raise LayoutError(msg) from error
    # In JSON they stand only within strings, where the escapes mean the same.
    return _NOT_ASCII.sub(lambda match: json.dumps(match[0])[1:-1], text).encode("ascii")


def find_packet(reader: Reader, offset: int, length: int, blocks: list[Block]) -> Packet | None:
    """Read the packet at `offset`; None when it holds nothing of ours. Only the first of several keeps its payload."""
    if length > MAX_PACKET:
        ours = b"<mf:manifest>" in reader.read_at(offset, _EMPTY_AT_MOST)
        return Packet(damage=f"the manifest's XMP packet has {length} bytes, too many to be read") if ours else None
    return read_packet(reader.read_at(offset, length), keep_payload=not blocks)


def find_host(reader: Reader, offset: int, length: int) -> bytes | None:
    """The packet at `offset` if ours can go into it, and come out again; None where it needs one of its own."""
    if length > _MAX_HOST:
        return None
    packet = reader.read_at(offset, length)
    begins, ends = _HOST_BEGINS.search(packet), _HOST_ENDS.search(packet)
    if begins is None or ends is None or ends.start() < begins.end() or packet.count(_END_OF_RDF) > 1:
        return None
    return None if any(each in packet for each in _NO_HOST) or _is_empty(packet) else packet


def note_block(blocks: list[Block], block: Block) -> None:
    """Keep one more block.

    Raises:
        LayoutError: There are too many.
    """
    if len(blocks) == MAX_BLOCKS:
        msg = f"it holds more than {MAX_BLOCKS} manifests"
        raise LayoutError(msg)
    blocks.append(block)


def read_packet(data: bytes, *, keep_payload: bool = True) -> Packet | None:
    """What a packet holds of ours; None when that is nothing."""
    manifests, records = (list(islice(_elements(data, name), _MAX_TAGS)) for name in (b"mf:manifest", b"mf:restore"))
    if not manifests and not records:
        return None
    payload = record = None
    damage = None if manifests else "there is a record (mf:restore), but no manifest"
    if manifests:
        payload = _text(data, manifests[0], b"mf:manifest")
        damage = "the element of the manifest (mf:manifest) is not closed" if payload is None else None
    if records:
        record = _record(_text(data, records[0], b"mf:restore"))
        if record is None:
            damage = damage or "the record beside the manifest (mf:restore) does not match its own check"
    elif data.startswith(_BEFORE + _DESCRIPTION % _NOTHING):  # only we begin a packet so, and never without a record
        damage = damage or "the record beside the manifest (mf:restore) is missing"
    payload = _unescape(payload) if payload is not None and keep_payload else None
    if payload is not None and record is not None and record.get("restore", {}).get("json") != _spelling(payload):
        damage = damage or "the text of the manifest (mf:manifest) is not what its record was written for"
    rest = _rest(data, manifests + records)
    if record is not None and record.get("restore", {}).get("xpacket") == "ended":
        rest = rest.replace(_END_OF_META + _END_OF_PACKET, _END_OF_META, 1)
    return Packet(payload, record, damage, rest)


def removals(blocks: list[Block]) -> Iterator[list[Edit]]:
    """The edits that take ours out, in the order in which they are likely: of all packets, or of the first alone.

    What an editor added to a packet stays; or goes with it, in case that it was there before an edit of ours.
    """
    if not blocks:
        return
    if any(block.rest for block in blocks):
        yield [Edit(block.offset, block.length, block.rest) for block in blocks]
    yield [Edit(block.offset, block.length) for block in blocks]
    if len(blocks) > 1:
        yield [Edit(blocks[0].offset, blocks[0].length)]


def _spelling(document: bytes) -> str:
    return hashlib.sha256(document).hexdigest()[:32]


def _elements(data: bytes, name: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of every such element, its tags included; the end of one that is not closed is -1."""
    opening, closing = b"<%s>" % name, b"</%s>" % name
    start = data.find(opening)
    while start >= 0:
        end = data.find(closing, start)
        if end < 0:
            yield start, -1
            return  # nor is any behind it: looking on would take quadratic time
        end += len(closing)
        yield start, end
        start = data.find(opening, end)


def _text(data: bytes, element: tuple[int, int], name: bytes) -> bytes | None:
    start, end = element
    return None if end < 0 else data[start + len(name) + 2 : end - len(name) - 3]


def _record(text: bytes | None) -> dict[str, Any] | None:
    try:
        return None if text is None else decode_record(b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return None


def _unescape(text: bytes) -> bytes:
    return _ENTITY.sub(_character, text)


def _character(match: re.Match[bytes]) -> bytes:
    name, decimal, hexadecimal = match.groups()
    if name:
        return _NAMED[name]
    try:
        return chr(int(decimal) if decimal else int(hexadecimal, 16)).encode("utf-8")
    except (ValueError, OverflowError):  # beyond Unicode, or half a pair: no character
        return match[0]


def _rest(data: bytes, elements: list[tuple[int, int]]) -> bytes:
    """The packet without these elements; nothing where that leaves it empty, or where they cannot be cut out."""
    pieces, position = [], 0
    for start, end in sorted(elements):
        if end < 0 or start < position:
            return b""
        pieces.append(data[position:start])
        position = end
    rest = _HOLLOW.sub(b"", b"".join((*pieces, data[position:])))
    return b"" if _is_empty(rest) else rest


def _is_empty(packet: bytes) -> bool:
    return len(packet) <= _EMPTY_AT_MOST and _EMPTY.fullmatch(packet) is not None
