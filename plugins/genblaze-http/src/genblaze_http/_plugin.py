"""The `fetch` plugin for https: the guarded downloader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze import Capability, hookimpl

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

    from genblaze.hookspecs import FetchContext
    from genblaze.jobs import Fetched


@hookimpl
def provides() -> list[Capability]:
    """Files on the open internet, and http where the user's own `base_url` is on this machine."""
    return [
        Capability(hook="fetch", key="https", summary="Downloads from public addresses only"),
        Capability(hook="fetch", key="http", summary="Downloads from this machine, where a provider's base_url is"),
    ]


@hookimpl
def fetch(url: str, target: Path, context: FetchContext) -> Awaitable[Fetched]:
    """Download what the URL names."""
    from genblaze_http.download import Downloader

    return Downloader().fetch(url, target, context)
