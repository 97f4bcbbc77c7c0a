"""To look at what genblaze made: reports, an index to search, and where files came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genblaze_gallery.collecting import Gallery as Gallery
    from genblaze_gallery.collecting import collect as collect
    from genblaze_gallery.page import render as render

_HOMES = {"Gallery": "collecting", "collect": "collecting", "render": "page"}

__all__ = ["Gallery", "collect", "render"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
