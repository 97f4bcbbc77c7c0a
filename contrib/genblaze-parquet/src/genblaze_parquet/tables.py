"""What the tables hold: their columns, and the rows of a run.

A column bears the name of the field that it holds. Nested fields (params, metadata, inputs, facts about media) are
JSON texts. Times are UTC, in microseconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import Enum
from typing import Any, Final, NamedTuple

import pyarrow as pa

from genblaze.models import Asset, Manifest, Run, Step
from genblaze.models.asset_url import strip_asset_url_credentials

TEXT, WHOLE, REAL, FLAG = pa.string(), pa.int64(), pa.float64(), pa.bool_()
TIME = pa.timestamp("us", tz="UTC")

RUNS: Final = pa.schema(
    {
        **dict.fromkeys(("run_id", "project_id", "name", "status", "parent_run_id", "idempotency_key"), TEXT),
        **dict.fromkeys(("created_at", "started_at", "completed_at"), TIME),
        **dict.fromkeys(("schema_version", "canonical_hash", "manifest_uri"), TEXT),
        "step_count": WHOLE,
        "cost_usd": REAL,
        "cost_is_complete": FLAG,
        "metadata": TEXT,
    }
)
STEPS: Final = pa.schema(
    {
        "run_id": TEXT,
        "step_id": TEXT,
        "step_index": WHOLE,
        **dict.fromkeys(("model", "model_version", "model_hash", "step_type", "status"), TEXT),
        **dict.fromkeys(("prompt", "negative_prompt", "prompt_visibility"), TEXT),
        "seed": WHOLE,
        "params": TEXT,
        "retries": WHOLE,
        "cost_usd": REAL,
        **dict.fromkeys(("error", "error_code"), TEXT),
        **dict.fromkeys(("started_at", "completed_at"), TIME),
        **dict.fromkeys(("inputs", "metadata"), TEXT),
    }
)
ASSETS: Final = pa.schema(
    {
        **dict.fromkeys(("run_id", "step_id", "asset_id", "url", "media_type", "sha256"), TEXT),
        **dict.fromkeys(("size_bytes", "width", "height"), WHOLE),
        "duration": REAL,
        **dict.fromkeys(("video", "audio", "tracks", "metadata"), TEXT),
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
    """The rows of a run, its own last; it stands with its first step."""
    for index, step in enumerate(run.steps):
        made_by = (str(step.modality), step.provider)
        columns = _columns(step, STEPS, run_id=run.run_id, step_index=index)
        yield Row("steps", *made_by, columns)
        for asset in step.assets:
            yield Row("assets", *made_by, _columns(asset, ASSETS, run_id=run.run_id, step_id=step.step_id))
    first = run.steps[0] if run.steps else None
    costs = [step.cost_usd for step in run.steps]
    yield Row(
        "runs",
        None if first is None else str(first.modality),
        None if first is None else first.provider,
        _columns(
            run,
            RUNS,
            schema_version=manifest.schema_version,
            canonical_hash=manifest.canonical_hash,
            manifest_uri=manifest.manifest_uri,
            step_count=len(run.steps),
            cost_usd=sum((cost for cost in costs if cost is not None), 0.0),
            cost_is_complete=None not in costs,
        ),
    )


def _columns(record: Run | Step | Asset, schema: pa.Schema, **given: Any) -> dict[str, Any]:
    """The columns of a record: what is given, else the field of that name."""
    return {name: _cell(given[name] if name in given else getattr(record, name)) for name in schema.names} | (
        {"url": strip_asset_url_credentials(record.url)} if isinstance(record, Asset) else {}
    )


def _cell(value: Any) -> Any:
    """A value as a column holds it."""
    if isinstance(value, Enum):
        return str(value)
    if isinstance(value, dict | list) or hasattr(value, "model_dump"):
        return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True)
    return value


def _plain(value: Any) -> Any:
    """Records inside a value as JSON's objects."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, Asset):
        value = value.model_copy(update={"url": strip_asset_url_credentials(value.url)})
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value
