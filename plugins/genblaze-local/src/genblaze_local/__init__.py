"""Offline genblaze providers that make real media: pictures, sound and video, without a key or a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genblaze_local.audio import LocalAudioProvider as LocalAudioProvider
    from genblaze_local.image import LocalImageProvider as LocalImageProvider
    from genblaze_local.paid import LocalPaidProvider as LocalPaidProvider
    from genblaze_local.video import LocalVideoProvider as LocalVideoProvider

_HOMES = {
    "LocalAudioProvider": "audio",
    "LocalImageProvider": "image",
    "LocalPaidProvider": "paid",
    "LocalVideoProvider": "video",
}

__all__ = ["LocalAudioProvider", "LocalImageProvider", "LocalPaidProvider", "LocalVideoProvider"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
