"""Google's Gemini API for genblaze: pictures, video, speech, chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze_http import lazy_names

if TYPE_CHECKING:
    from genblaze_google.chatting import achat as achat
    from genblaze_google.chatting import chat as chat
    from genblaze_google.gemini import GeminiImageProvider as GeminiImageProvider
    from genblaze_google.imagen import ImagenProvider as ImagenProvider
    from genblaze_google.veo import VeoProvider as VeoProvider

__all__ = ["GeminiImageProvider", "ImagenProvider", "VeoProvider", "achat", "chat"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "GeminiImageProvider": "gemini",
        "ImagenProvider": "imagen",
        "VeoProvider": "veo",
        "achat": "chatting",
        "chat": "chatting",
    },
)
