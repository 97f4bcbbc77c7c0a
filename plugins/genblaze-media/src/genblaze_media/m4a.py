"""M4A and M4B: the manifest is a `uuid` box, our record the one right behind it (see `bmff`).

The published package's other layout, the tag `----:genblaze:manifest`, is read and taken out, but never written: it
would move the sound, and the published command line does not look for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from genblaze.capabilities import Capability
from genblaze.hookspecs import hookimpl
from genblaze.layout import EditPlan, Layout, Reader
from genblaze_media import bmff
from genblaze_media.bmff_brands import ANY_BRAND, magic_of


@hookimpl
def provides() -> Iterable[Capability]:
    """Reads and writes `audio/mp4`, also where a general brand needs the suffix to tell."""
    return [
        Capability(
            hook="embed_manifest",
            key="audio/mp4",
            summary="Manifest in M4A and M4B sound (uuid box)",
            aliases=("audio/x-m4a", "audio/m4a"),
            magic=(*magic_of("audio/mp4"), *ANY_BRAND),
            suffixes=(".m4a", ".m4b"),
        )
    ]


@hookimpl
def inspect_media(reader: Reader) -> Layout | None:
    """Find our boxes and the media data."""
    return bmff.inspect(reader)


@hookimpl
def embed_manifest(layout: Layout, payload: bytes, record: dict[str, Any]) -> EditPlan | None:
    """Insert the two boxes behind all others."""
    return bmff.embed(layout, payload, record)
