"""OpenAI for genblaze: pictures, speech, transcription, video, chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze_http import lazy_names

if TYPE_CHECKING:
    from genblaze_openai.chat import achat as achat
    from genblaze_openai.chat import chat as chat
    from genblaze_openai.dalle import DalleProvider as DalleProvider
    from genblaze_openai.sora import SoraProvider as SoraProvider
    from genblaze_openai.transcription import OpenAITranscriptionProvider as OpenAITranscriptionProvider
    from genblaze_openai.tts import OpenAITTSProvider as OpenAITTSProvider

__all__ = ["DalleProvider", "OpenAITTSProvider", "OpenAITranscriptionProvider", "SoraProvider", "achat", "chat"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "DalleProvider": "dalle",
        "OpenAITTSProvider": "tts",
        "OpenAITranscriptionProvider": "transcription",
        "SoraProvider": "sora",
        "achat": "chat",
        "chat": "chat",
    },
)
