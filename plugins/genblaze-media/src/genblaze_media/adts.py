"""ADTS, the frames of raw AAC: recognising them, and what their header states.

Format: ISO/IEC 13818-7 §6.2 and 14496-3 §1.A.2 (adts_fixed_header, adts_variable_header).
"""

from __future__ import annotations

from typing import Any

from genblaze.layout import Reader

_HEADER = 7
_SAMPLE_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_CHANNELS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 8}
_CHAIN = 3


def _frame_length(head: bytes) -> int | None:
    """Length of the frame that begins with these bytes, header included; None for what is no ADTS frame."""
    if len(head) < _HEADER or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 0xF >= len(_SAMPLE_RATES):
        return None
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length if length >= (_HEADER if head[1] & 1 else _HEADER + 2) else None


def _stream(head: bytes) -> tuple[int, int, int]:
    """What all frames of a stream have in common: profile, sample rate and channels among it."""
    return head[1], head[2] & 0xFD, head[3] & 0xC0


def is_adts(reader: Reader, offset: int) -> bool:
    """Whether some ADTS frames of one stream lie at `offset`, or fewer up to the end of the file."""
    first = head = reader.read_at(offset, _HEADER)
    for count in range(_CHAIN):
        length = _frame_length(head)
        if length is None or _stream(head) != _stream(first):
            # The last frame may be cut, and a tag may follow it.
            return count > 0 and (len(head) < _HEADER or head[:3] in (b"TAG", b"APE", b"ID3", b"LYR"))
        offset += length
        head = reader.read_at(offset, _HEADER)
    return True


def adts_facts(reader: Reader, offset: int) -> dict[str, Any]:
    """Codec, sample rate and, unless the stream's data define them, channels."""
    head = reader.read_at(offset, _HEADER)
    sound: dict[str, Any] = {"codec": "aac", "sample_rate": _SAMPLE_RATES[head[2] >> 2 & 0xF]}
    channels = _CHANNELS.get((head[2] & 1) << 2 | head[3] >> 6)
    if channels is not None:
        sound["channels"] = channels
    return {"audio": sound}
