"""ID3v2 tags in front of audio: their header, their frames one by one, and new frames of text.

Format: ID3 tag version 2.2 (1998), 2.3.0 (1999), 2.4.0 (2000), id3.org: §3 (header, extended header, footer), §4
(frames), §6.1 of 2.4 and §5 of 2.3 (unsynchronisation). Nothing is ever inflated.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from msgspec import Struct

from genblaze.layout import MAX_ELEMENTS, MAX_PAYLOAD, LayoutError, Reader

HEADER = 10
MAX_SIZE = 2**28 - 1
"""Largest size that a tag, or a frame of version 2.4, can state: 28 bits."""

_UNSYNCHRONISED, _EXTENDED, _FOOTER = 0x80, 0x40, 0x10
_UNDEFINED_FLAGS = {2: 0x3F, 3: 0x1F, 4: 0x0F}
_CHUNK = 64 * 1024
_U16, _U32 = struct.Struct(">H"), struct.Struct(">I")
_ENCODINGS = {0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}


class Tag(Struct):
    """The header of one tag.

    Attributes:
        offset: Where it begins.
        version: 2, 3 or 4 for ID3v2.2, 2.3 or 2.4; whatever the file says where it is none of them.
        flags: The flag byte.
        size: What it states as its length, without header and footer.
        frames_at: Where its first frame lies, behind an extended header.
        problem: Why it cannot be added to.
    """

    offset: int
    version: int
    flags: int
    size: int
    frames_at: int
    problem: str | None = None

    @property
    def end(self) -> int:
        """Where its frames and their padding end."""
        return self.offset + HEADER + self.size

    @property
    def has_footer(self) -> bool:
        """Whether the header is repeated behind the frames."""
        return self.version == 4 and bool(self.flags & _FOOTER)

    @property
    def behind(self) -> int:
        """Where the next thing in the file begins."""
        return self.end + (HEADER if self.has_footer else 0)

    @property
    def scrambled(self) -> bool:
        """Whether everything behind the header, frame headers included, is unsynchronised (before 2.4)."""
        return self.version < 4 and bool(self.flags & _UNSYNCHRONISED)

    @property
    def readable(self) -> bool:
        """Whether there are frames that can be read."""
        return self.version in {3, 4} or (self.version == 2 and not self.flags & _EXTENDED)


class Frame(Struct, frozen=True):
    """One frame: name, flags, where it and its data lie, and how long the data are when read."""

    kind: bytes
    flags: int
    offset: int
    data: int
    length: int
    end: int


def synchsafe(value: int) -> bytes:
    """28 bits in four bytes whose high bit is clear.

    Raises:
        LayoutError: The value has more bits.
    """
    if not 0 <= value <= MAX_SIZE:
        msg = f"an ID3 tag or frame would have {value} bytes, more than the {MAX_SIZE} that it can state"
        raise LayoutError(msg)
    return bytes((value >> shift) & 0x7F for shift in (21, 14, 7, 0))


def _from_synchsafe(data: bytes) -> int:
    value = 0
    for byte in data:
        value = value << 7 | byte & 0x7F
    return value


def read_tag(reader: Reader, offset: int = 0) -> Tag | None:
    """The tag that begins at `offset`, if one does."""
    head = reader.read_at(offset, HEADER)
    if len(head) < HEADER or head[:3] != b"ID3":
        return None
    tag = Tag(offset, head[3], head[5], _from_synchsafe(head[6:]), offset + HEADER)
    tag.problem = _header_problem(reader, tag, head)
    if tag.version in {3, 4} and tag.flags & _EXTENDED:
        try:
            _pass_extended_header(reader, tag)
        except LayoutError as error:
            tag.problem = tag.problem or str(error)
    return tag


def _header_problem(reader: Reader, tag: Tag, head: bytes) -> str | None:
    if tag.version not in _UNDEFINED_FLAGS or head[4] == 0xFF:
        return f"its tag is ID3v2.{tag.version}.{head[4]}, which is not known"
    if max(head[6:]) > 0x7F:
        return "the size of its ID3 tag is malformed"
    if tag.version == 2 and tag.flags & _EXTENDED:
        return "its ID3v2.2 tag is compressed"
    if tag.flags & _UNDEFINED_FLAGS[tag.version]:
        return f"its ID3v2.{tag.version} tag has flags {tag.flags:#04x}, which are not defined"
    if tag.behind > reader.size:
        return f"its ID3 tag ends at byte {tag.behind}, but the file ends at {reader.size}"
    if tag.has_footer and reader.read_at(tag.end, HEADER) != b"3DI" + head[3:]:
        return "the footer of its ID3 tag does not repeat the header"
    return None


def _pass_extended_header(reader: Reader, tag: Tag) -> None:
    body = Body(reader, tag)
    start, _ = body.take(tag.frames_at, HEADER)
    if len(start) < 6 or start[:4].isalnum():
        return  # some taggers set the flag and write no extended header: a frame stands there
    if tag.version == 4:
        length, promises = _from_synchsafe(start[:4]), start[5] & 0x30
    else:
        length, promises = 4 + _U32.unpack(start[:4])[0], start[4] & 0x80
    if length < 6 or tag.frames_at + length > min(tag.end, reader.size):
        msg = f"the extended header of its ID3 tag has {length} bytes, where the tag has {tag.size}"
        raise LayoutError(msg)
    tag.frames_at = body.skip(tag.frames_at, length)
    if promises:
        msg = "the extended header of its ID3 tag carries a checksum or restrictions, which a new frame would break"
        raise LayoutError(msg)


class Body:
    """What follows a tag's header, with unsynchronisation of the whole tag undone while it is read.

    Positions are those in the file; lengths count what is read.
    """

    def __init__(self, reader: Reader, tag: Tag) -> None:
        """Read the frames of `tag`, and nothing behind them."""
        self._reader = reader
        self._scrambled = tag.scrambled
        self.end = min(tag.end, reader.size)

    def take(self, position: int, length: int) -> tuple[bytes, int]:
        """`length` bytes, fewer only at the end of the tag; and the position behind them."""
        if not self._scrambled:
            data = self._reader.read_at(position, max(0, min(length, self.end - position)))
            return data, position + len(data)
        pieces = list(self._unscrambled(position, length))
        return b"".join(piece for piece, _ in pieces), pieces[-1][1] if pieces else position

    def skip(self, position: int, length: int) -> int:
        """The position `length` bytes further on, past the end where the tag is shorter."""
        if not self._scrambled:
            return position + length
        for piece, behind in self._unscrambled(position, length):
            length, position = length - len(piece), behind
        return position + length

    def _unscrambled(self, position: int, missing: int) -> Iterator[tuple[bytes, int]]:
        """Pieces in which each FF 00 is FF again, each with the position behind it."""
        while missing > 0 and position < self.end:
            raw = self._reader.read_at(position, min(missing, self.end - position, _CHUNK))
            if not raw:
                return
            position += len(raw)
            if raw[-1] == 0xFF and position < self.end and self._reader.read_at(position, 1) == b"\0":
                position += 1
            piece = raw.replace(b"\xff\0", b"\xff")
            missing -= len(piece)
            yield piece, position


def frames(reader: Reader, tag: Tag) -> Iterator[Frame]:
    """Every whole frame up to the padding.

    Raises:
        LayoutError: At what is neither a frame nor padding, or is one frame too many.
    """
    if not tag.readable:
        return
    body, position = Body(reader, tag), tag.frames_at
    letters, header = (3, 6) if tag.version == 2 else (4, 10)
    for _ in range(MAX_ELEMENTS):
        head, data = body.take(position, header)
        if not head.strip(b"\0"):
            return  # padding, or the end
        kind = head[:letters]
        if len(head) < header or not (kind.isalnum() and kind.isupper()):
            msg = f"at byte {position} of its ID3 tag stands {head!r}, which cannot begin a frame"
            raise LayoutError(msg)
        length = _frame_length(tag, head)
        end = body.skip(data, length)
        if end > body.end:
            msg = f"{kind.decode()} frame at byte {position} has {length} bytes, but its ID3 tag ends at {body.end}"
            raise LayoutError(msg)
        flags = 0 if tag.version == 2 else _U16.unpack(head[8:])[0]
        yield Frame(kind, flags, position, data, length, end)
        position = end
    msg = f"its ID3 tag has more than {MAX_ELEMENTS} frames"
    raise LayoutError(msg)


def _frame_length(tag: Tag, head: bytes) -> int:
    if tag.version == 2:
        return int.from_bytes(head[3:6])
    return _from_synchsafe(head[4:8]) if tag.version == 4 else int.from_bytes(head[4:8])


def frame_start(reader: Reader, tag: Tag, frame: Frame, length: int) -> bytes | None:
    """The first bytes of a frame's content, without what its flags put in front; None if it is compressed or secret."""
    if tag.version == 4:
        opaque, scrambled = frame.flags & 0x0C, bool(frame.flags & 0x02 or tag.flags & _UNSYNCHRONISED)
        prefix = (1 if frame.flags & 0x40 else 0) + (4 if frame.flags & 0x01 else 0)
    else:
        opaque, scrambled, prefix = frame.flags & 0xC0, False, 1 if frame.flags & 0x20 else 0
    if opaque:
        return None
    data, _ = Body(reader, tag).take(frame.data, min(frame.length, prefix + length))
    data = data[prefix:]
    return data.replace(b"\xff\0", b"\xff") if scrambled else data


_LONGEST_HEAD = 64


def description(reader: Reader, tag: Tag, frame: Frame) -> str | None:
    """The description of a frame of free text (`TXXX`, `TXX`) if it is short; None for all else."""
    if frame.kind not in {b"TXXX", b"TXX"}:
        return None
    strings = _strings(frame_start(reader, tag, frame, _LONGEST_HEAD) or b"")
    return strings[0] if len(strings) > 1 else None


def text(reader: Reader, tag: Tag, frame: Frame) -> bytes | None:
    """The first value of a frame of free text, as UTF-8; None when it is too long or malformed."""
    if frame.length > 2 * MAX_PAYLOAD + _LONGEST_HEAD:
        return None
    data = frame_start(reader, tag, frame, frame.length)
    if data is None or data[:1] not in (b"\0", b"\1", b"\2", b"\3"):
        return None
    if data[0] == 3 or (data[0] == 0 and data.isascii()):  # needs no recoding: by far the most
        fields = data[1:].split(b"\0", 2)
        value = fields[1] if len(fields) > 1 else None
    else:
        strings = _strings(data, errors="strict")
        value = strings[1].encode("utf-8", "replace") if len(strings) > 1 else None
    return value if value is not None and len(value) <= MAX_PAYLOAD else None


def _strings(data: bytes, errors: str = "replace") -> list[str]:
    """Description, value and the rest of a frame of free text; nothing where its encoding is unknown or broken."""
    encoding = _ENCODINGS.get(data[0]) if data else None
    if encoding is None:
        return []
    try:
        return [each.lstrip("\ufeff") for each in data[1:].decode(encoding, errors).split("\0", 2)]
    except UnicodeDecodeError:
        return []


def text_frame(tag: Tag, name: bytes, value: bytes) -> bytes:
    """A frame of free text for `tag`: UTF-8 where the version knows it, else ASCII, which `value` must then be.

    Raises:
        LayoutError: A frame of that version cannot be so long.
    """
    data = (b"\3" if tag.version == 4 else b"\0") + name + b"\0" + value
    if tag.version == 4:
        return b"TXXX" + synchsafe(len(data)) + b"\0\0" + data
    if len(data) >= (1 << 24 if tag.version == 2 else 1 << 28):
        msg = f"the manifest is too long, with {len(data)} bytes, for a frame of ID3v2.{tag.version}"
        raise LayoutError(msg)
    frame = b"TXX" + len(data).to_bytes(3) if tag.version == 2 else b"TXXX" + _U32.pack(len(data)) + b"\0\0"
    return (unsynchronised(frame) if tag.scrambled else frame) + data


def unsynchronised(data: bytes) -> bytes:
    """`data` without anything that looks like the start of MPEG audio; its last byte must not be FF."""
    result = bytearray()
    for position, byte in enumerate(data):
        result.append(byte)
        following = data[position + 1 : position + 2]
        if byte == 0xFF and following and (following[0] >= 0xE0 or following[0] == 0):
            result.append(0)
    return bytes(result)
