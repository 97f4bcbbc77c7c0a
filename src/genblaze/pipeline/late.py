"""Answers that come after the engine stopped waiting: paid for, so they are kept for whoever resumes the run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from genblaze.driver import submit, tell_late
from genblaze.errors import GenblazeError
from genblaze.loops import linger
from genblaze.models.enums import StepStatus
from genblaze.pipeline.outputs import take_in_generation
from genblaze.pipeline.recording import record_generation
from genblaze.sync import run_sync
from genblaze.threads import daemon_threads, is_async

if TYPE_CHECKING:
    from genblaze.jobs import GenerateContext, Generation, Job
    from genblaze.models.asset import Asset
    from genblaze.models.step import Step
    from genblaze.pipeline.journaling import StepJournal
    from genblaze.pipeline.plan import Plan

logger = logging.getLogger("genblaze.pipeline")

#: Seconds for which the answer of an `async def` submit is awaited after its step has timed out.
LATE_SEC = 600.0


async def submit_for_keeps(job: Job, context: GenerateContext) -> Any:
    """Submit a job that costs money; its answer is heard also when it comes after the step's deadline.

    Only a deadline lets the call go on. Whoever cancels a run wants it stopped, and an `async def` can be.
    """
    if not is_async(job.submit):
        return await submit(job, context)
    asking = asyncio.create_task(job.submit())
    try:
        return await asyncio.shield(asking)
    except asyncio.CancelledError:
        if context.remaining == 0.0:
            linger(asyncio.create_task(_hear(asking, context)))
        else:
            asking.cancel()
            with suppress(asyncio.CancelledError):
                await _hear(asking, context)  # it may have come to its end, or not let itself be cancelled
        raise


async def _hear(asking: asyncio.Task[Any], context: GenerateContext) -> None:
    """Wait, within bounds, for an answer that the step waits for no longer, and hand it in."""
    try:
        outcome = await asyncio.wait_for(asking, LATE_SEC)
    except Exception as error:  # noqa: BLE001 - third-party code; the journal holds the step as it is
        logger.warning("A paid request that outlived its step came to nothing: %s", type(error).__name__)
    else:
        await daemon_threads.run(tell_late, outcome, context)


def keep_late_result(plan: Plan, step: Step, inputs: list[Asset], journal: StepJournal) -> Callable[[Generation], None]:
    """What a provider's own thread calls with a result for which nobody waits any more; it may block."""

    def keep(made: Generation) -> None:
        late = step.model_copy(deep=True)
        late.status, late.error, late.error_code, late.assets = StepStatus.SUCCEEDED, None, None, []
        try:
            run_sync(lambda: _keep(plan, late, made, inputs, journal))
        except GenblazeError as error:
            where = ", ".join(asset.url for asset in made.assets)
            logger.warning("Step %s: a late result could not be kept (%s): %s", step.step_id, where, error)
        else:
            told = "Step %s: its result came after the engine stopped waiting; `genblaze resume %s` delivers it"
            logger.warning(told, step.step_id, plan.run_id)

    return keep


async def _keep(plan: Plan, step: Step, made: Generation, inputs: list[Asset], journal: StepJournal) -> None:
    record_generation(step, made)
    await take_in_generation(step, made, inputs, plan)
    await journal.finished_late(step)
