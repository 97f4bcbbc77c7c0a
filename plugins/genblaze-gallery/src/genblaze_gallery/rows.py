"""What an index keeps of a manifest: plain rows, without anything that is not public."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from math import isfinite
from typing import TYPE_CHECKING, Literal

import msgspec

from genblaze.data_urls import is_data_url
from genblaze.models.asset_url import strip_asset_url_credentials
from genblaze.models.privacy import is_redacted
from genblaze_gallery.showing import showable

if TYPE_CHECKING:
    from datetime import datetime

    from genblaze import Asset, Manifest, Step

__all__ = ["AssetRow", "ManifestRow", "StepRow", "rows_of", "storable"]


class AssetRow(msgspec.Struct, frozen=True, array_like=True):
    """Something that a step took in or made."""

    role: Literal["input", "output"]
    asset_id: str
    sha256: str | None
    media_type: str
    url: str


class StepRow(msgspec.Struct, frozen=True, array_like=True):
    """A step; prompts that are hidden are None."""

    step_index: int
    provider: str | None
    model: str
    step_type: str
    modality: str
    status: str
    prompt: str | None
    negative_prompt: str | None
    cost_usd: float | None
    started_at: str | None
    completed_at: str | None
    assets: tuple[AssetRow, ...]


class ManifestRow(msgspec.Struct, frozen=True, array_like=True):
    """A run, as one manifest tells it."""

    run_id: str
    name: str | None
    parent_run_id: str | None
    canonical_hash: str
    status: str
    created_at: str
    steps: tuple[StepRow, ...]

    def digest(self) -> bytes:
        """Equal for manifests that tell the same."""
        return hashlib.blake2b(msgspec.msgpack.encode(self), digest_size=16).digest()


def rows_of(manifest: Manifest) -> ManifestRow:
    """The rows of a manifest."""
    shown = showable(manifest)
    run = shown.run
    return ManifestRow(
        storable(run.run_id),
        _text(run.name),
        _text(run.parent_run_id),
        # That of the document as it lies there, which others can look for.
        storable(manifest.canonical_hash),
        run.status.value,
        _moment(run.created_at) or "",
        tuple(_step_row(index, step) for index, step in enumerate(run.steps)),
    )


def storable(text: str) -> str:
    """The text with what is no character (half a pair, an undecodable byte of a file's name) written out."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _step_row(index: int, step: Step) -> StepRow:
    cost = step.cost_usd
    return StepRow(
        index,
        _text(step.provider),
        storable(step.model),
        step.step_type.value,
        step.modality.value,
        step.status.value,
        _public(step.prompt),
        _public(step.negative_prompt),
        float(cost) if cost is not None and isfinite(cost) else None,
        _moment(step.started_at),
        _moment(step.completed_at),
        (*_asset_rows("input", step.inputs), *_asset_rows("output", step.assets)),
    )


def _asset_rows(role: Literal["input", "output"], assets: list[Asset]) -> Iterator[AssetRow]:
    for asset in assets:
        url = "data:" if is_data_url(asset.url) else strip_asset_url_credentials(asset.url)
        yield AssetRow(role, storable(asset.asset_id), _text(asset.sha256), storable(asset.media_type), storable(url))


def _text(value: str | None) -> str | None:
    return None if value is None else storable(value)


def _public(prompt: str | None) -> str | None:
    return None if prompt is None or is_redacted(prompt) else storable(prompt)


def _moment(when: datetime | None) -> str | None:
    """A time that sorts as text: in UTC, to the microsecond."""
    from datetime import UTC

    if when is None:
        return None
    aware = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    return aware.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
