"""To look at what genblaze made: reports, an index to search, and where files came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genblaze_gallery.collecting import Gallery as Gallery
    from genblaze_gallery.collecting import collect as collect
    from genblaze_gallery.index import Index as Index
    from genblaze_gallery.page import render as render
    from genblaze_gallery.searching import Hit as Hit
    from genblaze_gallery.searching import Query as Query
    from genblaze_gallery.searching import search as search

_HOMES = {
    "Gallery": "collecting",
    "Hit": "searching",
    "Index": "index",
    "Query": "searching",
    "collect": "collecting",
    "render": "page",
    "search": "searching",
}

__all__ = ["Gallery", "Hit", "Index", "Query", "collect", "render", "search"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
