"""What a WAV file says about its sound: the `fmt ` and `fact` chunks.

Format: RFC 2361 (codec registry); Multiple channel audio data and WAVE files (Microsoft, 2007) for the extensible form.
"""

from __future__ import annotations

import struct
from typing import Any

from msgspec import Struct

_FIELDS = struct.Struct("<HHIIH")
_PCM, _FLOAT, _EXTENSIBLE = 0x0001, 0x0003, 0xFFFE
_SUBFORMAT_AT = 24
# Behind its first two bytes, a subformat that stands for a registered tag always reads so.
_SUBFORMAT_TAIL = bytes.fromhex("0000 0000 1000 8000 00aa00389b71")
FORMAT_LENGTH = _SUBFORMAT_AT + 16
"""How much of the `fmt ` chunk is of interest."""

_PCM_NAMES = {1: "pcm_u8", 2: "pcm_s16le", 3: "pcm_s24le", 4: "pcm_s32le", 8: "pcm_s64le"}
_FLOAT_NAMES = {4: "pcm_f32le", 8: "pcm_f64le"}
_NAMES = {
    0x0002: "adpcm_ms",
    0x0006: "pcm_alaw",
    0x0007: "pcm_mulaw",
    0x0011: "adpcm_ima_wav",
    0x0031: "gsm_ms",
    0x0045: "adpcm_g726",
    0x0050: "mp2",
    0x0055: "mp3",
    0x00FF: "aac",
    0x0161: "wmav2",
    0x2000: "ac3",
}
_UNKNOWN_COUNT = 2**32 - 1


class WaveFormat(Struct, frozen=True):
    """The fields of a `fmt ` chunk; rates in samples and bytes a second, `block` in bytes for all channels."""

    tag: int
    channels: int
    sample_rate: int
    byte_rate: int
    block: int

    @property
    def codec(self) -> str | None:
        """Name of the codec, as ffmpeg calls it."""
        width = self.block // self.channels if self.channels else 0
        if self.tag == _PCM:
            return _PCM_NAMES.get(width)
        return _FLOAT_NAMES.get(width) if self.tag == _FLOAT else _NAMES.get(self.tag)


def read_format(data: bytes) -> WaveFormat | None:
    """The fields, from the chunk's data; None when it is too short to hold them."""
    if len(data) < _FIELDS.size:
        return None
    fields = WaveFormat(*_FIELDS.unpack_from(data))
    subformat = data[_SUBFORMAT_AT:FORMAT_LENGTH]
    if fields.tag == _EXTENSIBLE and subformat[2:] == _SUBFORMAT_TAIL:
        return WaveFormat(int.from_bytes(subformat[:2], "little"), *_FIELDS.unpack_from(data)[1:])
    return fields


def wave_facts(fields: WaveFormat | None, data_length: int, sample_count: int | None) -> dict[str, Any]:
    """Duration and sound, from the format, the length of the data and the count in the `fact` chunk."""
    if fields is None:
        return {}
    sound = {
        "sample_rate": fields.sample_rate,
        "channels": fields.channels,
        "codec": fields.codec,
        "bitrate": fields.byte_rate * 8,
    }
    facts: dict[str, Any] = {"audio": {key: value for key, value in sound.items() if value}}
    duration = _duration(fields, data_length, sample_count)
    return facts if duration is None else {"duration": duration, **facts}


def _duration(fields: WaveFormat, data_length: int, sample_count: int | None) -> float | None:
    if not data_length or not fields.sample_rate:
        return None
    if fields.tag in (_PCM, _FLOAT) and fields.block:
        return data_length // fields.block / fields.sample_rate
    if sample_count and sample_count != _UNKNOWN_COUNT:
        return sample_count / fields.sample_rate
    return data_length / fields.byte_rate if fields.byte_rate else None
