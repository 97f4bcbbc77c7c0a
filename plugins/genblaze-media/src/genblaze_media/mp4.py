"""MP4, M4V, QuickTime and 3GP: the manifest is a `uuid` box, our record the one right behind it (see `bmff`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from genblaze.capabilities import Capability
from genblaze.hookspecs import hookimpl
from genblaze.layout import EditPlan, Layout, Reader
from genblaze_media import bmff
from genblaze_media.bmff_brands import ANY_BRAND, BARE_QUICKTIME, magic_of

_SUFFIXES = {
    "video/mp4": (".mp4", ".m4s"),
    "video/quicktime": (".mov", ".qt"),
    "video/x-m4v": (".m4v",),
    "video/3gpp": (".3gp", ".3gpp"),
    "video/3gpp2": (".3g2",),
}


@hookimpl
def provides() -> Iterable[Capability]:
    """Reads and writes `video/mp4` and its relatives; a file whose brand nobody else names counts as `video/mp4`."""
    magic = {name: magic_of(name) for name in _SUFFIXES if name != "video/mp4"}
    magic["video/mp4"] = ANY_BRAND
    magic["video/quicktime"] += BARE_QUICKTIME
    return [
        Capability(
            hook="embed_manifest",
            key=media_type,
            summary=f"Manifest in {suffixes[0][1:].upper()} videos (uuid box)",
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
