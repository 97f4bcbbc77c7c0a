"""`run` and `arun`: plan, execute, and tell failures the way each promises."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from genblaze.errors import PipelineError
from genblaze.liveview import heard_by, live_view
from genblaze.models.enums import RunStatus
from genblaze.pipeline.delivery import closing
from genblaze.pipeline.engine import execute
from genblaze.pipeline.options import ARUN_CONCURRENCY, RUN_CONCURRENCY, resolve
from genblaze.pipeline.plan import plan

if TYPE_CHECKING:
    from genblaze.pipeline.builder import Pipeline
    from genblaze.pipeline.result import PipelineResult


async def run(
    pipeline: Pipeline,
    keywords: Mapping[str, Any],
    *,
    concurrency: int = RUN_CONCURRENCY,
    run_id: str | None = None,
    resend: bool = False,
) -> PipelineResult:
    """Run a pipeline once; raises `PipelineError` for a failed step unless told otherwise."""
    options = resolve(pipeline, keywords, concurrency=concurrency)
    planned = plan(pipeline, run_id=run_id or options.run_id, resend=resend)
    with live_view(options.progress, listens=options.on_progress is not None) as view:
        async with closing(options.sinks):
            result = await execute(planned, options, heard_by(view))
    if options.raise_on_failure is not False:
        raise_for_failure(result)
    return result


async def arun(pipeline: Pipeline, keywords: Mapping[str, Any]) -> PipelineResult:
    """`run` with the concurrency of a running event loop."""
    return await run(pipeline, keywords, concurrency=ARUN_CONCURRENCY)


def raise_for_failure(result: PipelineResult) -> None:
    """Raise what a failed run amounts to.

    Raises:
        PipelineError: With the result, the index and the error of the first failed step.
    """
    if result.run.status == RunStatus.COMPLETED:
        return
    raise failure_of(result)


def failure_of(result: PipelineResult) -> PipelineError:
    """The error that tells of a failed run and carries its result."""
    failed = result.failed_steps()
    run = result.run
    if not failed:
        return PipelineError(f"Pipeline {run.name or run.run_id} ended {run.status}", result=result)
    first = failed[0]
    where = f"step {first.step_index} ({first.provider}/{first.model})"
    text = f"Pipeline {run.name or run.run_id} failed at {where}: {first.error}"
    return PipelineError(text, result=result, failed_step_index=first.step_index, failed_step_error=first.error)


def estimated_cost(pipeline: Pipeline) -> Decimal | None:
    """Sum of the providers' estimates in US dollars, or None when one of them is unknown."""
    total = Decimal(0)
    for spec in pipeline.steps:
        if spec.provider is None:
            continue  # what is taken in costs nothing
        estimate = getattr(spec.provider, "estimate_cost", None)
        cost = estimate(spec.model, spec.params) if estimate is not None else None
        if cost is None:
            return None
        total += Decimal(cost)
    return total
