"""Delivers what a run made: manifest, files that carry it, sinks, and the last events."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from genblaze.errors import GenblazeError
from genblaze.file_urls import local_file
from genblaze.models.enums import RunStatus, StepStatus
from genblaze.models.event import PipelineCancelledEvent, PipelineCompletedEvent, PipelineFailedEvent
from genblaze.models.manifest import Manifest
from genblaze.pipeline.result import PipelineResult
from genblaze.sinks.records import Deliveries
from genblaze.threads import daemon_threads

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from genblaze.embedding import ContentDigest, EmbedResult
    from genblaze.models.asset import Asset
    from genblaze.models.policy import EmbedPolicy
    from genblaze.models.run import Run
    from genblaze.models.step import Step
    from genblaze.pipeline.emission import Emitter
    from genblaze.pipeline.options import RunOptions
    from genblaze.pipeline.plan import Plan
    from genblaze.plugins import PluginManager

logger = logging.getLogger("genblaze.pipeline")

FILES_AT_ONCE = 4
"""Files that the manifest is put into at the same time: most of that is waiting for the disk."""


async def close_run(plan: Plan, options: RunOptions, emitter: Emitter, run: Run) -> PipelineResult:
    """Make the result of a finished run: hash it, embed the manifest in every local output, and hand it to the sinks.

    Nothing here loses a result: a file that cannot take its manifest gets a sidecar, a failing sink is recorded. Who
    cancels it leaves a run that can be resumed.
    """
    status = RunStatus.CANCELLED
    try:
        result = await _deliver(plan, options, run)
        status = run.status
    finally:
        if plan.journal is not None:
            await plan.journal.end(str(status))
    emitter.run_ended(result)
    if emitter.active:
        emitter.emit(_end_event(result))
    return result


async def _deliver(plan: Plan, options: RunOptions, run: Run) -> PipelineResult:
    deliveries = Deliveries(paths=local_outputs(run), folders=plan.folders)
    result = PipelineResult(run, Manifest.from_run(run), deliveries)
    own = made_here(run, deliveries.paths)  # before sinks give equal contents one URL
    for sink in options.sinks:
        await hand_over(sink, result)
    if own and options.embed.embed_mode != "none":
        embed = partial(embed_all, result.manifest, own, plan.plugins, policy=options.embed)
        deliveries.embedded.update(await daemon_threads.run(embed))
    return result


def local_outputs(run: Run) -> dict[str, Path]:
    """The local file of each output, by asset id."""
    found = {asset.asset_id: local_file(asset.url) for step in run.steps for asset in step.assets}
    return {asset_id: path.absolute() for asset_id, path in found.items() if path is not None}


def made_here(run: Run, paths: dict[str, Path]) -> dict[str, Path]:
    """Local outputs that this run made; a file that a step only handed on keeps the record of the run that made it."""
    made: set[str] = set()
    given: set[str] = set()
    own = {}
    for step in run.steps:
        given |= {asset.url for asset in step.inputs} - made
        for asset in step.assets:
            if step.provider is not None and asset.url not in given:
                made.add(asset.url)
                if asset.asset_id in paths:
                    own[asset.asset_id] = paths[asset.asset_id]
    return own


def embed_all(
    manifest: Manifest, paths: dict[str, Path], plugins: PluginManager, *, policy: EmbedPolicy
) -> dict[str, EmbedResult]:
    """Put the manifest into each file. Blocks; a file that cannot be written is logged and left as it was."""
    from concurrent.futures import ThreadPoolExecutor

    from genblaze.embedding import embed_manifest

    contents = known_contents(manifest.run)

    def embedded(asset_id: str) -> EmbedResult | None:
        path, content = paths[asset_id], contents.get(asset_id)
        try:
            return embed_manifest(path, manifest, plugins=plugins, policy=policy, content=content)
        except (GenblazeError, OSError) as error:
            logger.warning("The manifest could not be put into %s: %s", path, error)
            return None

    with ThreadPoolExecutor(FILES_AT_ONCE, "genblaze-embed") as threads:
        outcomes = dict(zip(paths, threads.map(embedded, paths), strict=True))
    return {asset_id: outcome for asset_id, outcome in outcomes.items() if outcome is not None}


def known_contents(run: Run) -> dict[str, ContentDigest]:
    """Digests of outputs, by asset id, as they were taken when the outputs came in: no file is hashed for it again."""
    from genblaze.embedding import ContentDigest

    return {
        asset.asset_id: ContentDigest(asset.sha256, asset.size_bytes)
        for step in run.steps
        for asset in step.assets
        if asset.sha256 is not None and asset.size_bytes is not None
    }


def lenders(sinks: tuple[Any, ...], run: Run) -> list[Callable[[Asset, int], str | None]]:
    """What the courier asks for URLs of local files: the sinks that can give some."""
    date = run.created_at.strftime("%Y-%m-%d")
    found = [lend for sink in sinks if (lend := getattr(sink, "lend", None)) is not None]
    return [partial(lend, run_id=run.run_id, tenant_id=run.tenant_id, date_str=date) for lend in found]


async def hand_over_step(sinks: tuple[Any, ...], step: Step, run: Run) -> None:
    """Tell sinks that a step has ended, so that they can begin to store its outputs."""
    for sink in sinks:
        tell = getattr(sink, "on_step_complete", None)
        if tell is None:
            continue
        date = run.created_at.strftime("%Y-%m-%d")
        told = partial(tell, step, run_id=run.run_id, tenant_id=run.tenant_id, date_str=date)
        try:
            await daemon_threads.run(told)
        except Exception as error:  # noqa: BLE001 - third-party code; the whole run is handed over again at its end
            logger.warning("Sink %s could not take step %s early: %s", type(sink).__name__, step.step_index, error)


@asynccontextmanager
async def closing(sink: Any) -> AsyncIterator[None]:
    """Close sinks, given as for `run()`, at the end of a call: all but those that serve many runs."""
    try:
        yield
    finally:
        for one in sink if isinstance(sink, list | tuple) else (sink,):
            close = getattr(one, "close", None)
            if close is None or not getattr(one, "_close_with_run", True):
                continue
            try:
                await daemon_threads.run(close)
            except Exception as error:  # noqa: BLE001 - third-party code: the run itself is stored
                logger.warning("Sink %s could not be closed: %s", type(one).__name__, error)


async def hand_over(sink: Any, result: PipelineResult) -> None:
    """Let a sink store the run; it may rewrite the assets' URLs."""
    from genblaze.sinks.contract import BaseSink

    try:
        if isinstance(sink, BaseSink):
            await daemon_threads.run(sink.deliver, result)
        else:
            await daemon_threads.run(sink.write_run, result.run, result.manifest)
    except Exception as error:  # noqa: BLE001 - third-party code: a failing sink must not lose what was generated
        logger.warning("Sink %s failed: %s", type(sink).__name__, error)
        result.deliveries.sink_errors += (error,)


def _end_event(result: PipelineResult) -> Any:
    run = result.run
    common: dict[str, Any] = {
        "run_id": run.run_id,
        "run_status": str(run.status),
        "manifest_hash": result.manifest.canonical_hash,
        "result": result,
    }
    if run.status == RunStatus.COMPLETED:
        return PipelineCompletedEvent(**common)
    kind = PipelineCancelledEvent if run.status == RunStatus.CANCELLED else PipelineFailedEvent
    failed = [step for step in run.steps if step.status == StepStatus.FAILED]
    return kind(message=failed[0].error if failed else str(run.status), **common)
