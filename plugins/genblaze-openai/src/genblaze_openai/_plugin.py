"""The plugin: `openai-dalle`, `openai-tts` and `openai-sora`, each also called `openai`; the modality decides."""

from __future__ import annotations

from genblaze import Modality
from genblaze_http import declare, provider_hooks
from genblaze_openai.vendor import OPENAI

provides, generate = provider_hooks(
    "genblaze_openai",
    {
        "dalle:DalleProvider": declare(
            OPENAI, "openai-dalle", Modality.IMAGE, "OpenAI pictures, made and edited", "openai"
        ),
        "tts:OpenAITTSProvider": declare(OPENAI, "openai-tts", Modality.AUDIO, "OpenAI speech", "openai"),
        "transcription:OpenAITranscriptionProvider": declare(
            OPENAI, "openai-transcription", Modality.TEXT, "OpenAI transcripts of sound and film", "openai"
        ),
        "sora:SoraProvider": declare(
            OPENAI, "openai-sora", Modality.VIDEO, "OpenAI videos (shut down by OpenAI)", "openai"
        ),
    },
)
