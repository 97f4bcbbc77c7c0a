"""ElevenLabs for genblaze: speech, sound effects and music."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze_http import lazy_names

if TYPE_CHECKING:
    from genblaze_elevenlabs.music import ElevenLabsMusicProvider as ElevenLabsMusicProvider
    from genblaze_elevenlabs.prices import per_credit as per_credit
    from genblaze_elevenlabs.sfx import ElevenLabsSFXProvider as ElevenLabsSFXProvider
    from genblaze_elevenlabs.tts import ElevenLabsTTSProvider as ElevenLabsTTSProvider

_HOMES = {
    "ElevenLabsMusicProvider": "music",
    "ElevenLabsSFXProvider": "sfx",
    "ElevenLabsTTSProvider": "tts",
    "per_credit": "prices",
}

__all__ = ["ElevenLabsMusicProvider", "ElevenLabsSFXProvider", "ElevenLabsTTSProvider", "per_credit"]
__getattr__, __dir__ = lazy_names(__name__, _HOMES)
