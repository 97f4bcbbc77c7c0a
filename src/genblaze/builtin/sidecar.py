"""The embedder of last resort: for any media type, the manifest in `<file>.genblaze.json` beside the file."""

from __future__ import annotations

from collections.abc import Iterable

from genblaze.capabilities import Capability
from genblaze.hookspecs import hookimpl
from genblaze.layout import EditPlan, Layout, Literal, Reader

__all__ = ["embed_manifest", "inspect_media", "provides"]


@hookimpl
def provides() -> Iterable[Capability]:
    """Takes every media type that nobody more specific takes."""
    return [Capability(hook="embed_manifest", key="*/*", summary="Manifest in a .genblaze.json file beside any media")]


@hookimpl
def inspect_media(reader: Reader) -> Layout | None:
    """Nothing is ever inside a file of unknown type."""
    return Layout(media_type="application/octet-stream", size=reader.size)


@hookimpl
def embed_manifest(payload: bytes) -> EditPlan | None:
    """The sidecar's content; the file stays as it is, so there is nothing to record."""
    return EditPlan((Literal(payload),), sidecar=True)
