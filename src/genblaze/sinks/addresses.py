"""Sinks by address: the URL of a store instead of a sink."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from genblaze.sinks.object_storage import ObjectStorageSink

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
    store = plugins.store(url)
    # A store that is opened as a whole names the rest of its URL as a key; one that is opened there does not.
    sink = ObjectStorageSink(store, prefix=store.key_of(url.rstrip("/")) or "", plugins=plugins)
    weakref.finalize(sink, store.close)
    return sink
