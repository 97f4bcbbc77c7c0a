"""Google's Gemini API for genblaze: pictures, video, chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genblaze_google.chatting import achat as achat
    from genblaze_google.chatting import chat as chat
    from genblaze_google.gemini import GeminiImageProvider as GeminiImageProvider
    from genblaze_google.imagen import ImagenProvider as ImagenProvider
    from genblaze_google.veo import VeoProvider as VeoProvider

_HOMES = {
    "GeminiImageProvider": "gemini",
    "ImagenProvider": "imagen",
    "VeoProvider": "veo",
    "achat": "chatting",
    "chat": "chatting",
}

__all__ = ["GeminiImageProvider", "ImagenProvider", "VeoProvider", "achat", "chat"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
