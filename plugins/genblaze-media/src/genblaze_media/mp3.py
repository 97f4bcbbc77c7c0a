"""MP3 (MPEG audio): the manifest is a `TXXX` frame of the ID3v2 tag in front, see `id3_manifest`.

Format: ISO/IEC 11172-3 §2.4.1.3 and 13818-3 (frame header); the Xing/Info header and LAME's extension of it
(gabriel.mp3-tech.org/mp3infotag.html); the VBRI header of Fraunhofer's encoder.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from genblaze.layout import Copy, EditPlan, Layout, Reader
from genblaze_media.adts import is_adts
from genblaze_media.id3_manifest import plan_tag, read_head, tagged_layout
from genblaze_media.trailing_tags import audio_end

# What other codecs put behind an ID3 tag: FLAC, Monkey's Audio, Musepack, True Audio, WavPack, DSD.
_OTHERS = (b"fLaC", b"MAC ", b"MP+", b"MPCK", b"TTA1", b"TTA2", b"wvpk", b"DSD ")

_JUNK = 64 * 1024
_CANDIDATES = 4096
_CHAIN = 3
_LOOK_FOR_VBR = 16
_XING_END = 4 + 32 + 2 + 8 + 8 + 100 + 4 + 24

# kbit/s by layer, for MPEG 1 and for 2 and 2.5; index 0 is "free", 15 is forbidden
_RATES_1 = {
    1: (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    2: (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    3: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
_LOW = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES_2 = {1: (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256), 2: _LOW, 3: _LOW}
_SAMPLE_RATES = (44100, 48000, 32000)
_ENCODERS_WITH_DELAY = (b"LAME", b"Lavf", b"Lavc", b"L3.9")


class _Frame(Struct, frozen=True):
    """A frame header: `stream` is what all frames of a stream share, `length` the bytes up to the next frame."""

    stream: tuple[int, int, int]
    layer: int
    bitrate: int
    sample_rate: int
    channels: int
    samples: int
    length: int
    side_info: int


def inspect_media(reader: Reader) -> Layout | None:
    """Find our frames and the audio; None where another codec's audio, or nothing that we know, follows the tag."""
    head = read_head(reader)
    start = head.content_at
    if reader.read_at(start, 4).startswith(_OTHERS) or is_adts(reader, start):
        return None
    end = audio_end(reader, start)
    found = _find_audio(reader, start, end)
    if found is None:
        # What nobody else can claim either: a tag that runs past the end, or a manifest without its audio.
        claimed = head.tag is not None and (head.is_cut or head.blocks)
        return tagged_layout(reader, head, "audio/mpeg", None, {}) if claimed else None
    audio = Copy(found, end - found)
    return tagged_layout(reader, head, "audio/mpeg", audio, _facts(reader, audio))


def embed_manifest(layout: Layout, payload: bytes, record: dict[str, Any]) -> EditPlan | None:
    """Put the two frames into the ID3v2 tag; refuses a tag that would not come back byte for byte."""
    return plan_tag(layout, payload, record)


def _find_audio(reader: Reader, start: int, end: int) -> int | None:
    """Where the first frame of the audio lies: at `start`, or not far behind it where padding or junk precedes."""
    if _is_stream(reader, start, end, 2):
        return start
    window = reader.read_at(start, min(_JUNK, end - start))
    at = -1
    for _ in range(_CANDIDATES):
        at = window.find(b"\xff", at + 1)
        if at < 0:
            break
        if _parse(window[at : at + 4]) is not None and _is_stream(reader, start + at, end, _CHAIN):
            return start + at
    return None


def _is_stream(reader: Reader, offset: int, end: int, count: int) -> bool:
    """Whether `count` frames that fit together lie at `offset`, or fewer that reach the end of the audio."""
    position = offset
    for frame in _frames(reader, offset, end):
        position += frame.length
        count -= 1
        if count == 0:
            return True
    return position > offset and position >= end


def _frames(reader: Reader, offset: int, end: int) -> Iterator[_Frame]:
    """Consecutive frames of one stream."""
    first = _parse(reader.read_at(offset, 4))
    frame = first
    while first is not None and frame is not None and frame.stream == first.stream and offset < end:
        yield frame
        offset += frame.length
        frame = _parse(reader.read_at(offset, 4))


def _parse(head: bytes) -> _Frame | None:
    """The header of a frame; None for what is none, and for the "free" bit rate, which tells no length."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = {0: 3, 2: 2, 3: 1}.get(head[1] >> 3 & 3), 4 - (head[1] >> 1 & 3)
    rate, frequency, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version is None or layer == 4 or not 0 < rate < 15 or frequency == 3:
        return None
    bitrate = (_RATES_1 if version == 1 else _RATES_2)[layer][rate - 1] * 1000
    sample_rate = _SAMPLE_RATES[frequency] >> version - 1
    channels = 1 if head[3] >> 6 == 3 else 2
    if layer == 1:
        samples, length = 384, (12 * bitrate // sample_rate + padding) * 4
    else:
        samples = 576 if layer == 3 and version > 1 else 1152
        length = samples // 8 * bitrate // sample_rate + padding
    side_info = (32, 17)[channels == 1] if version == 1 else (17, 9)[channels == 1]
    return _Frame((version, layer, sample_rate), layer, bitrate, sample_rate, channels, samples, length, side_info)


def _facts(reader: Reader, audio: Copy) -> dict[str, Any]:
    """What the first frames state; the bit rate where it is constant or a header sums it up."""
    first = _parse(reader.read_at(audio.offset, 4))
    if first is None:
        return {}
    sound = {"codec": f"mp{first.layer}", "sample_rate": first.sample_rate, "channels": first.channels}
    data = reader.read_at(audio.offset, min(audio.length, _XING_END))
    constant, counts = _summary(data, first)
    facts: dict[str, Any] = {"audio": sound}
    bitrate = None
    if counts is not None:
        frames, size, skipped = counts
        samples = frames * first.samples
        if samples > skipped:
            facts["duration"] = (samples - skipped) / first.sample_rate
        if samples and size and not constant:
            bitrate = size * 8 * first.sample_rate // samples
    if constant:
        bitrate = _constant_bitrate(reader, audio, skip_first=counts is not None)
    if bitrate:
        sound["bitrate"] = bitrate
    return facts


def _constant_bitrate(reader: Reader, audio: Copy, *, skip_first: bool) -> int | None:
    """The bit rate that the first frames agree on; the frame of an Info header may have one of its own."""
    rates = []
    for frame in _frames(reader, audio.offset, audio.offset + audio.length):
        rates.append(frame.bitrate)
        if len(rates) > _LOOK_FOR_VBR:
            break
    rates = rates[1:] if skip_first and len(rates) > 1 else rates
    return rates[0] if len(set(rates)) == 1 else None


def _summary(data: bytes, frame: _Frame) -> tuple[bool, tuple[int, int, int] | None]:
    """Whether the bit rate may be constant, and (frames, bytes, samples to skip) where a header states them."""
    if data[36:40] == b"VBRI" and len(data) >= 54:
        return False, (int.from_bytes(data[50:54]), int.from_bytes(data[46:50]), 0)
    for at in (4 + frame.side_info, 6 + frame.side_info):  # behind a checksum, with some encoders
        name = data[at : at + 4]
        if name in (b"Xing", b"Info"):
            return name == b"Info", _xing(data[at:])
    return True, None


def _xing(data: bytes) -> tuple[int, int, int] | None:
    """Frames, bytes (0: not stated) and samples of encoder delay and padding; None where no frames are stated."""
    flags = int.from_bytes(data[4:8])
    if not flags & 1 or len(data) < 16:
        return None
    frames, at, size = int.from_bytes(data[8:12]), 12, 0
    if flags & 2:
        size, at = int.from_bytes(data[12:16]), 16
    at += (100 if flags & 4 else 0) + (4 if flags & 8 else 0)
    skipped = 0
    if data[at : at + 4] in _ENCODERS_WITH_DELAY and len(data) >= at + 24:
        delays = int.from_bytes(data[at + 21 : at + 24])
        skipped = (delays >> 12) + (delays & 0xFFF)
    return frames, size, skipped
