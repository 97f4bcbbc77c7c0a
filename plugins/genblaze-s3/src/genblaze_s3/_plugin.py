"""The plugin: stores and fetches under `s3://bucket/key`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze import Capability, hookimpl

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

    from genblaze import Fetched
    from genblaze.hookspecs import FetchContext
    from genblaze_s3.store import S3Store


@hookimpl
def provides() -> list[Capability]:
    """Buckets, and the objects in them."""
    return [
        Capability(hook="store", key="s3", summary="Keeps objects in Backblaze B2 or another S3 store"),
        Capability(hook="fetch", key="s3", summary="Downloads objects from Backblaze B2 or another S3 store"),
    ]


@hookimpl
def store(url: str) -> S3Store:
    """The store of the bucket that the URL names."""
    from genblaze_s3.urls import store_of

    return store_of(url)


@hookimpl
def fetch(url: str, target: Path, context: FetchContext) -> Awaitable[Fetched]:
    """Download the object that the URL names, in a thread."""
    from genblaze_s3.urls import fetch_object

    return fetch_object(url, target, context)
