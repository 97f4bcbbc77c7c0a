"""Sound as ElevenLabs sends it: what an `output_format` stands for, and when each word is spoken."""

from __future__ import annotations

import io
import wave
from itertools import groupby
from typing import Any

from genblaze import AudioMetadata, WordTiming

MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "opus": "audio/ogg",
    "pcm": "audio/L16",
    "ulaw": "audio/basic",
    "alaw": "audio/x-alaw-basic",
}
CODECS = {"pcm": "pcm_s16le", "ulaw": "pcm_mulaw", "alaw": "pcm_alaw"}  # samples only: the file does not say what it is


def media_type_of(output_format: str, stated: str | None) -> str | None:
    """What a format such as `mp3_44100_128` is; for `auto` and new ones what the vendor called it."""
    return MEDIA_TYPES.get(output_format.partition("_")[0], stated)


def facts_of(output_format: str) -> AudioMetadata | None:
    """What is known of a format whose files do not state it; None for the others."""
    kind, _, rest = output_format.partition("_")
    if kind not in CODECS:
        return None
    return AudioMetadata(codec=CODECS[kind], sample_rate=int(rest))


def wav(samples: bytes, rate: int) -> bytes:
    """A WAV file of one channel of 16 bit samples, which players open and a manifest fits into."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(samples)
    return file.getvalue()


def words_of(alignment: dict[str, Any] | None) -> list[WordTiming]:
    """The words of an `alignment`, which times each character: what stands between blanks is a word."""
    told = alignment or {}
    names = ("characters", "character_start_times_seconds", "character_end_times_seconds")
    timed = zip(*(told.get(name) or () for name in names), strict=True)
    words = (list(group) for blank, group in groupby(timed, lambda each: each[0].isspace()) if not blank)
    return [WordTiming(word="".join(each[0] for each in word), start=word[0][1], end=word[-1][2]) for word in words]
