"""OpenAI for genblaze: pictures, speech, video, chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genblaze_openai.chatting import achat as achat
    from genblaze_openai.chatting import chat as chat
    from genblaze_openai.dalle import DalleProvider as DalleProvider
    from genblaze_openai.sora import SoraProvider as SoraProvider
    from genblaze_openai.tts import OpenAITTSProvider as OpenAITTSProvider

_HOMES = {
    "DalleProvider": "dalle",
    "OpenAITTSProvider": "tts",
    "SoraProvider": "sora",
    "achat": "chatting",
    "chat": "chatting",
}

__all__ = ["DalleProvider", "OpenAITTSProvider", "SoraProvider", "achat", "chat"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
