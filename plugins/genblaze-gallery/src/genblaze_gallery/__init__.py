"""To look at what genblaze made: reports, an index to search, and where files came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze.lazy import loads_at_first_use

if TYPE_CHECKING:
    from genblaze_gallery.collecting import Gallery as Gallery
    from genblaze_gallery.collecting import collect as collect
    from genblaze_gallery.index import Index as Index
    from genblaze_gallery.page import render as render
    from genblaze_gallery.searching import Hit as Hit
    from genblaze_gallery.searching import Query as Query
    from genblaze_gallery.searching import search as search

__all__ = ["Gallery", "Hit", "Index", "Query", "collect", "render", "search"]

__getattr__, __dir__, _ = loads_at_first_use(
    __name__,
    {
        "genblaze_gallery.collecting": "Gallery collect",
        "genblaze_gallery.index": "Index",
        "genblaze_gallery.page": "render",
        "genblaze_gallery.searching": "Hit Query search",
    },
)
