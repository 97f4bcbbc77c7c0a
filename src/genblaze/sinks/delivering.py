"""One run on its way into a store: its outputs uploaded, their records rewritten, and a status for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze.errors import SinkError, URLPolicyError
from genblaze.file_urls import is_own_file, local_file
from genblaze.sinks.content import check_origin
from genblaze.sinks.records import Transfer
from genblaze.sinks.transfer import StoredObject

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from genblaze.models.asset import Asset
    from genblaze.models.manifest import Manifest
    from genblaze.models.run import Run
    from genblaze.models.step import Step
    from genblaze.sinks.records import Deliveries
    from genblaze.sinks.transfer import RunTransfer

__all__ = ["deliver_assets", "is_own"]


def deliver_assets(
    run: Run, manifest: Manifest, transfer: RunTransfer, deliveries: Deliveries, *, sink: str, roots: Sequence[Path]
) -> None:
    """Store the outputs of a run that are not stored yet, and its inputs, and let its records say where they are.

    Raises:
        SinkError: Some could not be stored; each has its status in `deliveries`, and the manifest lists them.
    """
    done = {each.asset_id for each in deliveries.transfers if each.sink == sink and each.status == "stored"}
    outcomes = _upload(run, transfer, deliveries, done, roots)
    moved = {asset.url: outcome for asset, outcome in outcomes if isinstance(outcome, StoredObject)}
    failed = [(asset.asset_id, outcome) for asset, outcome in outcomes if isinstance(outcome, str)]
    kept = [each for each in deliveries.transfers if each.sink != sink or each.asset_id in done]
    deliveries.transfers = (*kept, *(_status(asset.asset_id, outcome, sink) for asset, outcome in outcomes))
    _rewrite(run, moved)
    if manifest.run is not run:
        _rewrite(manifest.run, moved)
    manifest.transfer_failures = [asset_id for asset_id, _ in failed]
    if failed:
        raise SinkError(_failure_text(failed, len(done) + len(outcomes)))


def is_own(path: Path, roots: Sequence[Path], step: Step) -> bool:
    """Whether a file is known to be a step's own already while the run is under way."""
    return is_own_file(path, roots, step.started_at)


def _upload(
    run: Run, transfer: RunTransfer, deliveries: Deliveries, done: set[str], roots: Sequence[Path]
) -> list[tuple[Asset, StoredObject | str]]:
    """Begin with all that is not done, then wait for it; a text is the reason why one failed."""
    refused: dict[str, str] = {}
    outputs = [(step, asset) for step in run.steps for asset in step.assets if asset.asset_id not in done]
    inputs = [asset for asset in transfer.inputs_of(run) if asset.asset_id not in done]
    for step, asset in outputs:
        path = deliveries.paths.get(asset.asset_id) or local_file(asset.url)
        reason = None if path is None else _origin_problem(path, asset, step, run, (*roots, *deliveries.folders))
        if asset.url in refused or reason is not None:
            refused.setdefault(asset.url, reason or "")
        else:
            transfer.begin(asset, path)
    for asset in inputs:
        transfer.begin(asset, local_file(asset.url), carries=False)
    wanted = [asset for _, asset in outputs] + inputs
    return [(asset, refused.get(asset.url) or transfer.outcome(asset)) for asset in wanted]


def _origin_problem(path: Path, asset: Asset, step: Step, run: Run, folders: Sequence[Path]) -> str | None:
    """Why a local file is not to be sent away; None when it is the run's own, or the user named it."""
    if step.provider is None or any(asset.url == given.url for given in step.inputs):
        return None
    try:
        check_origin(path, folders, step.started_at or run.created_at)
    except URLPolicyError as error:
        return str(error)
    return None


def _status(asset_id: str, outcome: StoredObject | str, sink: str) -> Transfer:
    if isinstance(outcome, str):
        return Transfer(asset_id=asset_id, sink=sink, status="failed", error=outcome)
    return Transfer(asset_id=asset_id, sink=sink, status="stored", url=outcome.url)


def _failure_text(failed: Sequence[tuple[str, str]], total: int) -> str:
    reasons = "; ".join(f"{asset_id}: {reason}" for asset_id, reason in failed)
    return (
        f"{len(failed)} of {total} outputs could not be stored, so the manifest was not either ({reasons}). "
        "What could be is; sink.retry(result) does the rest when the cause is gone."
    )


def _rewrite(run: Run, moved: dict[str, StoredObject]) -> None:
    """Let the records say where their content is now, outputs and the inputs alike."""
    for asset in _assets(run):
        stored = moved.get(asset.url)
        if stored is not None:
            asset.url, asset.sha256, asset.size_bytes = stored.url, stored.sha256, stored.size


def _assets(run: Run) -> Iterator[Asset]:
    for step in run.steps:
        yield from step.assets
        yield from step.inputs
