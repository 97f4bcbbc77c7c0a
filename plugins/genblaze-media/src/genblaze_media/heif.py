"""AVIF, HEIC and HEIF: the manifest is a `uuid` box, our record the one right behind it (see `bmff`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from genblaze.capabilities import Capability
from genblaze.hookspecs import hookimpl
from genblaze.layout import EditPlan, Layout, Reader
from genblaze_media import bmff
from genblaze_media.bmff_brands import magic_of, magic_of_compatible

_SUFFIXES = {
    "image/avif": (".avif", ".avifs"),
    "image/heic": (".heic", ".heics"),
    "image/heif": (".heif", ".hif"),
}


@hookimpl
def provides() -> Iterable[Capability]:
    """Reads and writes `image/avif`, `image/heic` and `image/heif`."""
    magic = {name: magic_of(name) for name in _SUFFIXES}
    for name in ("image/avif", "image/heic"):
        magic[name] += magic_of_compatible(name)
    return [
        Capability(
            hook="embed_manifest",
            key=media_type,
            summary=f"Manifest in {suffixes[0][1:].upper()} images (uuid box)",
            magic=magic[media_type],
            suffixes=suffixes,
        )
        for media_type, suffixes in _SUFFIXES.items()
    ]


@hookimpl
def inspect_media(reader: Reader) -> Layout | None:
    """Find our boxes and the media data."""
    return bmff.inspect(reader)


@hookimpl
def embed_manifest(layout: Layout, payload: bytes, record: dict[str, Any]) -> EditPlan | None:
    """Insert the two boxes behind all others."""
    return bmff.embed(layout, payload, record)
