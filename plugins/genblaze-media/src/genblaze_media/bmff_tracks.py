"""What the movie box of an ISO base media file states: size, duration, codecs, rates.

Format: ISO/IEC 14496-12 §8.2.2 (`mvhd`), §8.3.2 (`tkhd`), §8.4 (`mdhd`, `hdlr`), §8.5.2 (`stsd`), §8.6.1.2
(`stts`), §8.8.2 (`mehd`), §12.1.3 and §12.2.3 (sample entries); ISO/IEC 14496-1 §7.2.6 and 14496-3 §1.6.2.1
(`esds`: AAC's real rate and channels, where sample entries carry fixed values); QuickTime File Format, "Sound
Sample Descriptions" (versions 1 and 2).
"""

from __future__ import annotations

import struct
from typing import Any

from msgspec import Struct

from genblaze_media.bmff_boxes import Box, BoxWalk

# Codec names as ffmpeg gives them; sample entry types that are missing here are their own name.
_VIDEO = {
    b"avc1": "h264", b"avc3": "h264", b"hvc1": "hevc", b"hev1": "hevc", b"dvh1": "hevc", b"dvhe": "hevc",
    b"av01": "av1", b"vp08": "vp8", b"vp09": "vp9", b"vvc1": "vvc", b"vvi1": "vvc", b"s263": "h263",
    b"apch": "prores", b"apcn": "prores", b"apcs": "prores", b"apco": "prores", b"ap4h": "prores", b"ap4x": "prores",
    b"jpeg": "mjpeg", b"mp4v": "mpeg4", b"png ": "png",
}  # fmt: skip
_AUDIO = {
    b"mp4a": "aac", b"Opus": "opus", b"fLaC": "flac", b"alac": "alac", b"ac-3": "ac3", b"ec-3": "eac3",
    b"samr": "amr_nb", b"sawb": "amr_wb", b".mp3": "mp3", b"ulaw": "pcm_mulaw", b"alaw": "pcm_alaw",
    b"sowt": "pcm_s16le", b"twos": "pcm_s16be", b"raw ": "pcm_u8",
}  # fmt: skip
# `esds` object types (ISO/IEC 14496-1 table 5), where the sample entry's type alone does not tell.
_OBJECT_TYPES = {
    0x20: "mpeg4", 0x60: "mpeg2video", 0x61: "mpeg2video", 0x6A: "mpeg1video", 0x6C: "mjpeg",
    0x40: "aac", 0x66: "aac", 0x67: "aac", 0x68: "aac", 0x69: "mp3", 0x6B: "mp3", 0xA5: "ac3", 0xA6: "eac3",
}  # fmt: skip
_AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_AAC_CHANNELS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 8}
_EXPLICIT_SBR = (5, 29)
_ENCRYPTED = (b"encv", b"enca")
_VISUAL_FIELDS = 78
_SOUND_FIELDS = {0: 28, 1: 44, 2: 64}
_MAX_ESDS = 4096
_MAX_SHORT = 65535
_MAX_RATE = 1_000_000
_MAX_CHANNELS = 1024
_PICTURES = (b"vide", b"pict")


class _Track(Struct):
    """One track: what it carries, its boxes, and its media's time scale (units per second) and duration; 0: unknown."""

    handler: bytes
    box: Box
    samples: Box | None
    timescale: int
    duration: int


def movie_facts(walk: BoxWalk, movie: Box) -> dict[str, Any]:
    """`width`, `height`, `duration`, `video` and `audio`, as far as the movie box states them."""
    tracks = [track for each in walk.children(movie) if each.kind == b"trak" and (track := _track(walk, each))]
    picture = next((track for track in tracks if track.handler in _PICTURES), None)
    sound = next((track for track in tracks if track.handler == b"soun"), None)
    facts = _duration(walk, movie, picture or sound)
    if picture is not None:
        facts |= _size(walk, picture)
        facts["video"] = {**_video(walk, picture), "has_audio": sound is not None}
    if sound is not None and (audio := _audio(walk, sound)):
        facts["audio"] = audio
    return facts


def _track(walk: BoxWalk, track: Box) -> _Track | None:
    media = walk.child(track, b"mdia")
    handler = walk.content(walk.child(media, b"hdlr"), 12)[8:]
    if media is None or len(handler) < 4:
        return None
    times = _times(walk.content(walk.child(media, b"mdhd"), 32))
    return _Track(handler, track, walk.child(media, b"minf", b"stbl"), *times)


def _times(header: bytes) -> tuple[int, int]:
    """Time scale and duration of an `mvhd` or `mdhd`; 0 for what it does not know."""
    form, at, unknown = (">IQ", 20, 2**64 - 1) if header[:1] == b"\1" else (">II", 12, 2**32 - 1)
    if len(header) < at + struct.calcsize(form):
        return 0, 0
    timescale, duration = struct.unpack_from(form, header, at)
    return timescale, 0 if duration == unknown else duration


def _duration(walk: BoxWalk, movie: Box, track: _Track | None) -> dict[str, Any]:
    timescale, duration = _times(walk.content(walk.child(movie, b"mvhd"), 32))
    if not duration:  # the media are in fragments
        header = walk.content(walk.child(movie, b"mvex", b"mehd"), 12)
        duration = int.from_bytes(header[4:]) if len(header) == (12 if header[:1] == b"\1" else 8) else 0
    if not duration and track is not None:  # played for ever, as animations are: one round counts
        timescale, duration = track.timescale, track.duration
    return {"duration": duration / timescale} if timescale and duration else {}


def _size(walk: BoxWalk, track: _Track) -> dict[str, Any]:
    """Width and height as the track is shown, or else as its samples are coded."""
    header = walk.content(walk.child(track.box, b"tkhd"), 96)
    at = 88 if header[:1] == b"\1" else 76
    width, height = (int.from_bytes(header[each : each + 4]) >> 16 for each in (at, at + 4))
    if not (width and height):
        entry, fields = _sample_entry(walk, track)
        if entry is None or len(fields) < 28:
            return {}
        width, height = struct.unpack_from(">HH", fields, 24)
    return {"width": width, "height": height} if width and height else {}


def _sample_entry(walk: BoxWalk, track: _Track) -> tuple[Box | None, bytes]:
    """The first sample description of a track, and its fields."""
    descriptions = None if track.samples is None else walk.child(track.samples, b"stsd")
    entry = None if descriptions is None else next(walk.children(descriptions, 8), None)
    return entry, walk.content(entry, _VISUAL_FIELDS)


def _video(walk: BoxWalk, track: _Track) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    entry, _ = _sample_entry(walk, track)
    if entry is not None:
        object_type, _ = _elementary_stream(walk, entry, _VISUAL_FIELDS) if entry.kind == b"mp4v" else (0, b"")
        facts |= _codec(entry.kind, object_type, _VIDEO)
    times = walk.content(walk.child(track.samples, b"stts"), 16)
    if len(times) == 16:
        entries, count, delta = struct.unpack_from(">III", times, 4)
        if entries == 1 and count > 1 and delta and track.timescale:
            facts["frame_rate"] = track.timescale / delta
    return facts


def _audio(walk: BoxWalk, track: _Track) -> dict[str, Any]:
    entry, fields = _sample_entry(walk, track)
    if entry is None or len(fields) < 28:
        return {}
    version, channels, rate = struct.unpack_from(">8xH6xH6xH", fields)
    if version == 2 and len(fields) >= 44:
        exact, channels = struct.unpack_from(">dI", fields, 32)
        rate = int(exact) if 0 < exact <= _MAX_RATE else 0
    object_type = 0
    if entry.kind == b"mp4a":
        object_type, setup = _elementary_stream(walk, entry, _SOUND_FIELDS.get(version, 28))
        if _OBJECT_TYPES.get(object_type) == "aac":
            stated_rate, stated_channels = _aac_setup(setup)
            rate, channels = stated_rate or rate, stated_channels or channels
    facts = _codec(entry.kind, object_type, _AUDIO)
    if track.timescale > _MAX_SHORT and (not rate or track.timescale % rate == 0):
        rate = track.timescale  # which does not fit into the field: that holds 0, or a fraction of it
    if 0 < rate <= _MAX_RATE:
        facts["sample_rate"] = rate
    if 0 < channels <= _MAX_CHANNELS:
        facts["channels"] = channels
    return facts


def _codec(kind: bytes, object_type: int, names: dict[bytes, str]) -> dict[str, Any]:
    if kind in _ENCRYPTED or not kind.isascii():
        return {}
    name = _OBJECT_TYPES.get(object_type) or names.get(kind) or kind.decode().strip()
    return {"codec": name} if name.isprintable() and name else {}


def _elementary_stream(walk: BoxWalk, entry: Box, fields: int) -> tuple[int, bytes]:
    """Object type and decoder's setup out of the `esds` of a sample entry; QuickTime wraps that into `wave`."""
    for skip in dict.fromkeys((fields, 28)):
        for each in walk.children(entry, skip):
            found = walk.child(each, b"esds") if each.kind == b"wave" else each
            if found is not None and found.kind == b"esds":
                return _parse_esds(walk.content(found, _MAX_ESDS)[4:])
    return 0, b""


def _parse_esds(data: bytes) -> tuple[int, bytes]:
    tag, at, _ = _descriptor(data, 0)
    if tag != 3 or len(data) < at + 3:
        return 0, b""
    flags, at = data[at + 2], at + 3
    at += 2 * bool(flags & 0x80)
    if flags & 0x40:
        at += 1 + int.from_bytes(data[at : at + 1])
    at += 2 * bool(flags & 0x20)
    tag, at, _ = _descriptor(data, at)
    if tag != 4 or len(data) < at + 13:
        return 0, b""
    setup_tag, start, end = _descriptor(data, at + 13)
    return data[at], data[start:end] if setup_tag == 5 else b""


def _descriptor(data: bytes, at: int) -> tuple[int, int, int]:
    """Tag of a descriptor, and where its content begins and ends."""
    tag, length = int.from_bytes(data[at : at + 1]), 0
    for position in range(at + 1, at + 5):
        byte = int.from_bytes(data[position : position + 1])
        length = length << 7 | byte & 0x7F
        if not byte & 0x80:
            return tag, position + 1, position + 1 + length
    return 0, len(data), len(data)


def _aac_setup(setup: bytes) -> tuple[int, int]:
    """Sample rate and channels of an AudioSpecificConfig; 0 for what it leaves to the stream."""
    bits = _Bits(setup)
    kind = bits.take(5)
    if kind == 31:
        kind = 32 + bits.take(6)
    rate = _aac_rate(bits)
    channels = _AAC_CHANNELS.get(bits.take(4), 0)
    if kind in _EXPLICIT_SBR:
        rate = _aac_rate(bits)
    return (rate, channels) if bits.ok else (0, 0)


def _aac_rate(bits: _Bits) -> int:
    index = bits.take(4)
    if index == 15:
        return bits.take(24)
    return _AAC_RATES[index] if index < len(_AAC_RATES) else 0


class _Bits:
    """Bits of a few bytes, from the first one's high end on; `ok` until more was taken than there is."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data[:16])
        self._left = 8 * len(data[:16])

    @property
    def ok(self) -> bool:
        return self._left >= 0

    def take(self, count: int) -> int:
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1) if self.ok else 0
