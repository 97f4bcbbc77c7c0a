"""Takes media that exist already into a record of their own, as if a run had made them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from genblaze.errors import InvalidValueError
from genblaze.file_urls import local_file
from genblaze.models.enums import RunStatus, StepStatus, StepType
from genblaze.models.manifest import Manifest
from genblaze.models.run import Run
from genblaze.models.step import Step
from genblaze.pipeline.declaration import modality_of
from genblaze.pipeline.delivery import hand_over, local_outputs
from genblaze.pipeline.options import as_sinks
from genblaze.pipeline.result import PipelineResult
from genblaze.sinks.records import Deliveries
from genblaze.sync import run_sync

if TYPE_CHECKING:
    from genblaze.models.asset import Asset

__all__ = ["ingest_assets"]


def ingest_assets(
    assets: Sequence[Asset],
    *,
    source: str,
    source_metadata: dict[str, Any] | None = None,
    sink: Any = None,
    name: str | None = None,
    tenant_id: str | None = None,
    step_type: StepType = StepType.INGEST,
) -> PipelineResult:
    """Make a run of one finished step for each asset, with a manifest, and hand it to the sink.

    Files on this machine are hashed if the asset states no digest; nothing is downloaded or changed.

    Args:
        assets: What to take in; left as they are.
        source: Where they come from; stands as the steps' model and in their metadata.
        source_metadata: What else to note about it.
        sink: One sink or several, as in `run()`. A failing one is recorded in the result.
        name: The run's name.
        tenant_id: For whom.
        step_type: `INGEST`, or `IMPORT` for media whose maker is known.

    Raises:
        InvalidValueError: There are no assets, or the step type is another one.
    """
    kind = StepType(step_type)
    if kind not in (StepType.INGEST, StepType.IMPORT):
        msg = f"ingest_assets: step_type must be ingest or import, not {kind}"
        raise InvalidValueError(msg)
    if not assets:
        msg = "ingest_assets: no assets given"
        raise InvalidValueError(msg)
    run = Run(name=name, tenant_id=tenant_id, status=RunStatus.COMPLETED)
    notes = {**(source_metadata or {}), "source": source}
    run.steps = [_step(asset, run.run_id, index, source, notes, kind) for index, asset in enumerate(assets)]
    result = PipelineResult(run, Manifest.from_run(run), Deliveries(paths=local_outputs(run)))
    for each in as_sinks(sink, None):
        run_sync(partial(hand_over, each, result))
    return result


def _step(asset: Asset, run_id: str, index: int, source: str, notes: dict[str, Any], kind: StepType) -> Step:
    return Step(
        run_id=run_id,
        step_index=index,
        provider=None,
        model=source,
        step_type=kind,
        modality=modality_of(asset.media_type),
        status=StepStatus.SUCCEEDED,
        assets=[_hashed(asset.model_copy(deep=True))],
        metadata=notes,
    )


def _hashed(asset: Asset) -> Asset:
    """The asset with the digest and size of its content, where it is a file that nobody hashed yet."""
    path = local_file(asset.url)
    if asset.sha256 is None and path is not None and path.is_file():
        from genblaze.embedding import content_digest

        digest = content_digest(path)
        asset.sha256, asset.size_bytes = digest.sha256, digest.size
    return asset
