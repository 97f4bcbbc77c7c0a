"""What genblaze loads: which providers there are; their classes are imported when they are asked for."""

from __future__ import annotations

from genblaze import Modality
from genblaze_elevenlabs.vendor import EFFECTS, MUSIC, SPEECH
from genblaze_http import declare, provider_hooks

SOUND = Modality.AUDIO

provides, generate = provider_hooks(
    "genblaze_elevenlabs",
    {
        "tts:ElevenLabsTTSProvider": declare(SPEECH, "elevenlabs-tts", SOUND, "Speech by ElevenLabs", "elevenlabs"),
        "sfx:ElevenLabsSFXProvider": declare(EFFECTS, "elevenlabs-sfx", SOUND, "Sound effects by ElevenLabs"),
        "music:ElevenLabsMusicProvider": declare(MUSIC, "elevenlabs-music", SOUND, "Music by ElevenLabs"),
    },
)
