"""What became of a run's outputs: where the files lie, and what each sink made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct, field

if TYPE_CHECKING:
    from pathlib import Path

    from genblaze.embedding import EmbedResult

__all__ = ["Deliveries", "StoredManifest", "Transfer"]


class Transfer(Struct, frozen=True, kw_only=True):
    """What became of one asset at one sink.

    Attributes:
        asset_id: Which asset.
        sink: The sink, as its `repr` names it.
        status: "stored", or "failed": the asset keeps its URL, and `sink.retry(result)` tries again.
        url: Where the object is; None when it failed.
        error: Why it failed.
    """

    asset_id: str
    sink: str
    status: Literal["stored", "failed"]
    url: str | None = None
    error: str | None = None


class StoredManifest(Struct, frozen=True, kw_only=True):
    """What became of the manifest at one sink.

    Attributes:
        sink: The sink, as its `repr` names it.
        url: Where this run's manifest is.
        status: "stored"; "present" when an equal one was there already; "diverged" when a different one was there,
            which stays, so that this one has a name with its hash in it.
    """

    sink: str
    url: str
    status: Literal["stored", "present", "diverged"]


class Deliveries(Struct):
    """What became of the outputs after generation.

    Attributes:
        paths: Local file of each asset, by asset id; stays valid when a sink rewrites the asset's URL.
        embedded: How the manifest was put into each local file, by asset id.
        sink_errors: What sinks failed with; generation is not affected.
        transfers: What became of each asset at each sink that tells.
        manifests: What became of the manifest at each sink that tells.
        folders: Where the run's own files lie: the pipeline's output folder, and those of its providers.
    """

    paths: dict[str, Path] = field(default_factory=dict)
    embedded: dict[str, EmbedResult] = field(default_factory=dict)
    sink_errors: tuple[BaseException, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    manifests: tuple[StoredManifest, ...] = ()
    folders: tuple[Path, ...] = ()
