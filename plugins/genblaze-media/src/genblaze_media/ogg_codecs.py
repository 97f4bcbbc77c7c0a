"""What the first packet of an Ogg stream says about its sound or pictures.

Format: Vorbis I §4.2.2; RFC 7845 §5.1 (Opus); Ogg FLAC mapping 1.0 and RFC 9639 §8.2; the Speex manual §7.3; Theora I
§6.2.
"""

from __future__ import annotations

import struct
from typing import Any

from msgspec import Struct

FIRST_PACKET_LENGTH = 80
"""How much of a first packet is of interest."""

_OPUS_RATE = 48_000


class Codec(Struct, frozen=True):
    """A stream's codec.

    `sound` and `picture` are facts as `Layout` has them; granule positions count `rate` in a second, the first `skip`
    of which are not heard; `frames` is the length where the header states it.
    """

    name: str
    sound: dict[str, Any] = {}
    picture: dict[str, Any] = {}
    rate: int = 0
    skip: int = 0
    frames: int = 0


def read_codec(packet: bytes) -> Codec | None:
    """The codec that a first packet announces; None when it is not known, or the packet is too short."""
    try:
        for magic, read in _READERS:
            if packet.startswith(magic):
                return read(packet)
    except struct.error:
        pass  # announced, but not described
    return None


def _sound(codec: str, sample_rate: int, channels: int, bitrate: int = 0) -> dict[str, Any]:
    fields = {"sample_rate": sample_rate, "channels": channels, "codec": codec, "bitrate": max(bitrate, 0)}
    return {key: value for key, value in fields.items() if value}


def _vorbis(packet: bytes) -> Codec:
    channels, rate, _, nominal, _ = struct.unpack_from("<BIiii", packet, 11)
    return Codec("vorbis", _sound("vorbis", rate, channels, nominal), rate=rate)


def _opus(packet: bytes) -> Codec:
    channels, skip = struct.unpack_from("<BH", packet, 9)
    # The rate in the header is that of the source before coding; decoders give 48 kHz, and granules count in it.
    return Codec("opus", _sound("opus", _OPUS_RATE, channels), rate=_OPUS_RATE, skip=skip)


def _flac(packet: bytes) -> Codec:
    (fields,) = struct.unpack_from(">Q", packet, 27)
    rate, channels, frames = fields >> 44, (fields >> 41 & 7) + 1, fields & (1 << 36) - 1
    return Codec("flac", _sound("flac", rate, channels), rate=rate, frames=frames)


def _speex(packet: bytes) -> Codec:
    rate, _, _, channels, bitrate = struct.unpack_from("<IIIIi", packet, 36)
    return Codec("speex", _sound("speex", rate, channels, bitrate), rate=rate)


def _theora(packet: bytes) -> Codec:
    numerator, denominator = struct.unpack_from(">II", packet, 22)
    size = {"width": int.from_bytes(packet[14:17]), "height": int.from_bytes(packet[17:20])}
    video: dict[str, Any] = {"codec": "theora"}
    if numerator and denominator:
        video["frame_rate"] = numerator / denominator
    return Codec("theora", picture={**{key: value for key, value in size.items() if value}, "video": video})


VORBIS, OPUS, FLAC, SPEEX = b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   "
THEORA = b"\x80theora"
_READERS = ((VORBIS, _vorbis), (OPUS, _opus), (FLAC, _flac), (SPEEX, _speex), (THEORA, _theora))
