"""Google's Gemini API for genblaze: pictures, video, speech, chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze_http import lazy_names

if TYPE_CHECKING:
    from genblaze_google.chat import achat as achat
    from genblaze_google.chat import chat as chat
    from genblaze_google.gemini_image import GeminiImageProvider as GeminiImageProvider
    from genblaze_google.imagen import ImagenProvider as ImagenProvider
    from genblaze_google.omni import GeminiOmniProvider as GeminiOmniProvider
    from genblaze_google.tts import GeminiTTSProvider as GeminiTTSProvider
    from genblaze_google.veo import VeoProvider as VeoProvider

_HOMES = {
    "GeminiImageProvider": "gemini_image",
    "GeminiOmniProvider": "omni",
    "GeminiTTSProvider": "tts",
    "ImagenProvider": "imagen",
    "VeoProvider": "veo",
    "achat": "chat",
    "chat": "chat",
}

__all__ = [
    "GeminiImageProvider",
    "GeminiOmniProvider",
    "GeminiTTSProvider",
    "ImagenProvider",
    "VeoProvider",
    "achat",
    "chat",
]
__getattr__, __dir__ = lazy_names(__name__, _HOMES)
