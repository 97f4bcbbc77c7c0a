"""What the tables hold: their columns, and the rows of a run.

The columns of the published package are all there, under their names and with their types, so that its files and ours
make one table. Times are ISO 8601 texts in UTC; what ends in `_json` is JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final, NamedTuple

import pyarrow as pa

from genblaze.models import Asset, Manifest, Run, Step
from genblaze.models.asset_url import strip_asset_url_credentials

TEXT, WHOLE, REAL, FLAG = pa.string(), pa.int64(), pa.float64(), pa.bool_()
NO_TENANT: Final = "default"

RUNS: Final = pa.schema(
    {
        **dict.fromkeys(("run_id", "parent_run_id", "tenant_id", "project_id", "name", "status"), TEXT),
        "step_count": WHOLE,
        **dict.fromkeys(("canonical_hash", "created_at"), TEXT),
        # beyond the published ones
        **dict.fromkeys(("started_at", "completed_at", "schema_version", "manifest_uri", "idempotency_key"), TEXT),
        "cost_usd": REAL,
        "cost_is_complete": FLAG,
        "metadata_json": TEXT,
    }
)
STEPS: Final = pa.schema(
    {
        **dict.fromkeys(("run_id", "step_id", "provider", "model", "step_type", "modality", "status", "prompt"), TEXT),
        "seed": WHOLE,
        "params_json": TEXT,
        **dict.fromkeys(("asset_count", "retries"), WHOLE),
        "cost_usd": REAL,
        **dict.fromkeys(("error", "error_code", "started_at", "completed_at"), TEXT),
        # beyond the published ones
        "step_index": WHOLE,
        **dict.fromkeys(("model_version", "model_hash", "negative_prompt", "prompt_visibility"), TEXT),
        **dict.fromkeys(("inputs_json", "metadata_json"), TEXT),
    }
)
ASSETS: Final = pa.schema(
    {
        **dict.fromkeys(("run_id", "step_id", "asset_id", "url", "media_type", "sha256"), TEXT),
        **dict.fromkeys(("size_bytes", "width", "height"), WHOLE),
        **dict.fromkeys(("duration", "frame_rate"), REAL),
        "video_codec": TEXT,
        "video_bitrate": WHOLE,
        "color_space": TEXT,
        "has_audio": FLAG,
        **dict.fromkeys(("sample_rate", "channels"), WHOLE),
        "audio_codec": TEXT,
        "track_count": WHOLE,
        # beyond the published ones
        "audio_bitrate": WHOLE,
        **dict.fromkeys(("tracks_json", "metadata_json"), TEXT),
    }
)
TABLES: Final = {"runs": RUNS, "steps": STEPS, "assets": ASSETS}


class Row(NamedTuple):
    """One row: of which table, made by whom (which names its partition), and its columns."""

    table: str
    modality: str | None
    provider: str | None
    columns: dict[str, Any]


def rows(run: Run, manifest: Manifest) -> Iterator[Row]:
    """The rows of a run: each step and its outputs, and at last the run itself, under the names of all its steps."""
    for index, step in enumerate(run.steps):
        yield Row("steps", str(step.modality), step.provider, _step(step, run, index))
        for asset in step.assets:
            yield Row("assets", str(step.modality), step.provider, _asset(asset, step, run))
    modalities = "_".join(sorted({str(step.modality) for step in run.steps}))
    providers = "_".join(sorted({step.provider for step in run.steps if step.provider is not None}))
    yield Row("runs", modalities or None, providers or None, _run(run, manifest))


def _run(run: Run, manifest: Manifest) -> dict[str, Any]:
    costs = [step.cost_usd for step in run.steps]
    return _columns(
        run,
        RUNS,
        tenant_id=run.tenant_id or NO_TENANT,
        step_count=len(run.steps),
        canonical_hash=manifest.canonical_hash,
        schema_version=manifest.schema_version,
        manifest_uri=manifest.manifest_uri,
        cost_usd=sum((cost for cost in costs if cost is not None), 0.0),
        cost_is_complete=None not in costs,
    )


def _step(step: Step, run: Run, index: int) -> dict[str, Any]:
    return _columns(step, STEPS, run_id=run.run_id, step_index=index, asset_count=len(step.assets))


def _asset(asset: Asset, step: Step, run: Run) -> dict[str, Any]:
    video, audio = asset.video, asset.audio
    return _columns(
        asset,
        ASSETS,
        run_id=run.run_id,
        step_id=step.step_id,
        url=strip_asset_url_credentials(asset.url),
        frame_rate=video and video.frame_rate,
        video_codec=video and video.codec,
        video_bitrate=video and video.bitrate,
        color_space=video and video.color_space,
        has_audio=video and video.has_audio,
        sample_rate=audio and audio.sample_rate,
        channels=audio and audio.channels,
        audio_codec=audio and audio.codec,
        audio_bitrate=audio and audio.bitrate,
        track_count=None if asset.tracks is None else len(asset.tracks),
    )


def _columns(record: Run | Step | Asset, schema: pa.Schema, **given: Any) -> dict[str, Any]:
    """The columns of a record: what is given, else the field of that name."""
    return {
        name: _cell(given[name] if name in given else getattr(record, name.removesuffix("_json")), name)
        for name in schema.names
    }


def _cell(value: Any, name: str) -> Any:
    """A value as a column holds it."""
    if name.endswith("_json"):
        return None if value is None else json.dumps(_plain(value), ensure_ascii=False, sort_keys=True)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value) if isinstance(value, Enum) else value


def _plain(value: Any) -> Any:
    """Records inside a value as JSON's objects."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, Asset):
        value = value.model_copy(update={"url": strip_asset_url_credentials(value.url)})
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value
