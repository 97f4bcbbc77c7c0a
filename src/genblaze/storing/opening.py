"""Stores by address: which store a URL lies in, and where in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from genblaze.plugins import PluginManager
    from genblaze.storing.store import Store

__all__ = ["OpenStore", "open_store"]


class OpenStore(NamedTuple):
    """A store, and the prefix of what a URL names in it.

    Attributes:
        store: The store; whoever opened it closes it.
        prefix: What the keys below the URL begin with, without a slash at the end; "" for the whole store.
    """

    store: Store
    prefix: str


def open_store(url: str, *, plugins: PluginManager | None = None) -> OpenStore:
    """Open the store that a URL lies in.

    A store whose own URLs begin with the given one was opened there; any other was opened as a whole, as a bucket is,
    and the path of the URL is the prefix.

    Args:
        url: Such as `s3://bucket/prefix` or `file:///folder`.
        plugins: Where stores come from (the installed ones unless given).

    Raises:
        PluginNotFoundError: Nothing that is installed stores at this scheme.
        GenblazeError: The URL cannot be a store's.
    """
    if plugins is None:
        from genblaze.plugins import default_plugins

        plugins = default_plugins()
    store = plugins.store(url)
    opened_there = store.url_of("key") == f"{url.rstrip('/')}/key"
    return OpenStore(store, "" if opened_there else unquote(urlsplit(url).path).strip("/"))
