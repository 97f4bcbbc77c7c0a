"""Sinks by address: the URL of a store instead of a sink."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from genblaze.sinks.object_storage import ObjectStorageSink

if TYPE_CHECKING:
    from genblaze.plugins import PluginManager

__all__ = ["sink_at"]


def sink_at(url: str, plugins: PluginManager) -> ObjectStorageSink:
    """The sink that stores at a URL, with keys by content right below it.

    A store whose own URLs begin with the given one was opened there; any other was opened as a whole, as a bucket is,
    and the path of the URL is the prefix.

    The store is opened for the sink alone and is closed with it, when nobody holds it any more.

    Raises:
        PluginNotFoundError: Nothing that is installed stores at this scheme.
        GenblazeError: The URL cannot be a store's.
    """
    store = plugins.store(url)
    opened_there = store.url_of("key") == f"{url.rstrip('/')}/key"
    prefix = "" if opened_there else unquote(urlsplit(url).path)
    sink = ObjectStorageSink(store, prefix=prefix, plugins=plugins)
    weakref.finalize(sink, store.close)
    return sink
