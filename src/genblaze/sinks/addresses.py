"""Sinks by address: the URL of a store instead of a sink."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from genblaze.sinks.object_storage import ObjectStorageSink
from genblaze.storing import open_store

if TYPE_CHECKING:
    from genblaze.plugins import PluginManager

__all__ = ["sink_at"]


def sink_at(url: str, plugins: PluginManager) -> ObjectStorageSink:
    """The sink that stores at a URL, with keys by content right below it.

    The store is opened for the sink alone and is closed with it, when nobody holds it any more.

    Raises:
        PluginNotFoundError: Nothing that is installed stores at this scheme.
        GenblazeError: The URL cannot be a store's.
    """
    opened = open_store(url, plugins=plugins)
    sink = ObjectStorageSink(opened.store, prefix=opened.prefix, plugins=plugins)
    weakref.finalize(sink, opened.store.close)
    return sink
