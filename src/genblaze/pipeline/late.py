"""Results that come after the engine stopped waiting: paid for, so they are kept for whoever resumes the run."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from genblaze.errors import GenblazeError
from genblaze.models.enums import StepStatus
from genblaze.pipeline.outputs import take_in_generation
from genblaze.pipeline.recording import record_generation
from genblaze.sync import run_sync

if TYPE_CHECKING:
    from genblaze.jobs import Generation
    from genblaze.models.asset import Asset
    from genblaze.models.step import Step
    from genblaze.pipeline.journaling import StepJournal
    from genblaze.pipeline.plan import Plan

logger = logging.getLogger("genblaze.pipeline")


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
