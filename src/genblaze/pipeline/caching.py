"""The cache stage of a step: asked before the provider, told afterwards, and one question paid for once."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from genblaze.file_urls import local_file
from genblaze.pipeline.cache import revive
from genblaze.pipeline.fallback import turn_to
from genblaze.threads import daemon_threads

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from genblaze.models.asset import Asset
    from genblaze.models.step import Step
    from genblaze.pipeline.plan import Plan, PlannedStep
    from genblaze.pipeline.turns import Turn

logger = logging.getLogger("genblaze.pipeline")

#: Seconds after which a step looks again whether the one that asks the same has its answer: at first, and at most.
FIRST_LOOK_SEC, LONGEST_LOOK_SEC = 0.01, 0.25


class CacheStage:
    """The cache as one step sees it, for as long as the step is on its way.

    Of steps that ask the same at the same time, in this process or another, one has the turn and asks its provider; the
    others wait for its answer. When it fails, the next one has the turn.
    """

    def __init__(self, plan: Plan, planned: PlannedStep, step: Step) -> None:
        self._plan = plan
        self._planned = planned
        self._step = step
        self._asked: Step | None = None
        self._turn: Turn | None = None

    def __enter__(self) -> Self:
        """The stage; leaving it gives the turn to the next."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give up the turn."""
        if self._turn is not None:
            self._turn.end()

    async def answer(self) -> bool:
        """Answer the step from the cache. False leaves it to the provider, with the turn held until the stage ends."""
        cache = self._plan.cache
        if cache is None:
            return False
        if await self._look_up():  # an answer that is there needs no turn
            return True
        self._asked = self._step.model_copy(deep=True)  # the step will have more in it when its result is kept
        pause = FIRST_LOOK_SEC
        while True:
            self._turn = cache.turn(self._step, self._plan.tenant_id)
            if await self._look_up():
                return True
            if self._turn is not None:
                return False
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_LOOK_SEC)

    async def keep(self) -> None:
        """Keep the step's result for whoever asks the same; a hit, and what came from a journal, is not kept again."""
        if self._plan.cache is None or self._asked is None or self._step.cached:
            return
        try:
            await daemon_threads.run(self._plan.cache.put, self._asked, self._step, self._plan.tenant_id)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong here, the paid result stands
            logger.warning("Step %s could not be cached: %s", self._step.step_id, error)

    async def _look_up(self) -> bool:
        plan = self._plan
        assert plan.cache is not None  # noqa: S101 - `answer` has seen to it
        found = plan.cache.get(self._step, plan.tenant_id)  # reading a small file takes less than asking a thread to
        if found is None:
            return False
        if any(local_file(asset.url) for asset in found.assets):
            assets = await daemon_threads.run(revive, found, plan.output_dir, plan.plugins)
        else:
            assets = revive(found, plan.output_dir, plan.plugins)
        if assets is None:
            return False
        self._adopt(found, assets)
        return True

    def _adopt(self, found: Step, assets: list[Asset]) -> None:
        """Take over what the cached generation established; identity, times, metadata and cost are this step's own."""
        step, first = self._step, self._planned.candidates[0]
        for candidate in self._planned.candidates[1:]:
            if (candidate.name, candidate.model) == (found.provider, found.model):
                turn_to(step, candidate)
        for name in ("provider", "model", "model_version", "model_hash", "seed"):
            setattr(step, name, getattr(found, name))
        step.assets, step.cost_usd = assets, 0.0
        step.note(cached=True)
        if (found.provider, found.model) != (first.name, first.model):
            step.note(requested_model=first.model, fallback_from=first.model)
