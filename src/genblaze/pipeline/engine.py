"""The engine: runs a plan's steps as soon as their inputs are there, and closes the run whatever happened."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from heapq import heappop, heappush
from time import monotonic
from typing import TYPE_CHECKING, Any

from genblaze.errors import PipelineTimeoutError
from genblaze.loops import stay_home
from genblaze.models.enums import RunStatus, StepStatus
from genblaze.models.event import PipelineStartedEvent, StepQueuedEvent, StreamEvent
from genblaze.models.record import utc_now
from genblaze.models.run import Run
from genblaze.pipeline.budgeting import refuse_unknown_prices
from genblaze.pipeline.clock import Alarm, Clock
from genblaze.pipeline.daily import refuse_unknown_prices_today
from genblaze.pipeline.delivery import close_run, hand_over_step, lenders
from genblaze.pipeline.emission import Emitter
from genblaze.pipeline.preflight import check_models, check_sinks
from genblaze.pipeline.stages import StepRun

if TYPE_CHECKING:
    from genblaze.models.step import Step
    from genblaze.pipeline.options import RunOptions
    from genblaze.pipeline.plan import Plan
    from genblaze.pipeline.result import PipelineResult

logger = logging.getLogger("genblaze.pipeline")

#: Seconds after which steps that wait for nothing let everything else in the event loop have its turn.
TURN_SEC = 0.005


async def execute(
    plan: Plan, options: RunOptions, stream: Callable[[StreamEvent], None] | None = None
) -> PipelineResult:
    """Run a plan and return its result; a failed step is a result, not an exception.

    Args:
        plan: What to run.
        options: How.
        stream: Hears every event, inline.

    Raises:
        BudgetError: The price of a step is not known, and the budget does not allow that.
        ProviderError: A provider says that it does not have a model; nothing has been paid.
        RunTakenError: Another process works on the run that is to be taken up.
        PipelineTimeoutError: When `pipeline_timeout` passed; carries what was finished by then.
        asyncio.CancelledError: When the caller gives up; finished outputs have their manifest by then, as they have
            should the engine itself fail.
    """
    if plan.tracers or plan.moderation is not None or options.calls_back:
        stay_home()
    await _refuse(plan, options)
    emitter = Emitter(plan, options, stream)
    run = Run(
        run_id=plan.run_id,
        tenant_id=plan.tenant_id,
        project_id=plan.project_id,
        name=plan.name,
        status=RunStatus.RUNNING,
        parent_run_id=plan.parent_run_id,
        metadata=plan.metadata,
    )
    run.started_at = run.created_at
    if options.sinks:
        plan.courier.lenders = lenders(options.sinks, run)
    if plan.journal is not None:
        plan.journal.on_unprotected = emitter.unprotected
    emitter.run_started(plan)
    if emitter.active:
        emitter.emit(PipelineStartedEvent(run_id=run.run_id, total_steps=len(plan.steps), message=plan.name))
    alarm = Alarm()
    schedule = Schedule(plan, options, emitter, run, alarm)
    timed_out = False
    try:
        with Clock(alarm, options.pipeline_timeout):
            await schedule.run()
    except TimeoutError:
        timed_out = True
    except GeneratorExit:  # nobody is there to await anything
        raise
    except BaseException as error:
        _finish(run, schedule, RunStatus.CANCELLED if isinstance(error, asyncio.CancelledError) else RunStatus.FAILED)
        await close_run(plan, options, emitter, run)
        raise
    finally:
        alarm.off()
    _finish(run, schedule, RunStatus.FAILED if timed_out else None)
    result = await close_run(plan, options, emitter, run)
    if timed_out:
        msg = f"Pipeline {plan.name or plan.run_id} exceeded its timeout of {options.pipeline_timeout:g} s"
        raise PipelineTimeoutError(msg, result=result)
    return result


async def _refuse(plan: Plan, options: RunOptions) -> None:
    """Find what planning could not see without asking anybody; nothing has been paid."""
    await check_models(plan)
    await check_sinks(plan, options.sinks)
    if options.max_cost_usd is not None:
        refuse_unknown_prices(plan, options.max_cost_usd)
    if plan.day_budget is not None:
        refuse_unknown_prices_today(plan, plan.day_budget)
    if plan.journal is not None:
        await plan.journal.take_up(plan.steps)


def _finish(run: Run, schedule: Schedule, status: RunStatus | None) -> None:
    """Complete the record of the run; its steps stand in the order of declaration."""
    run.steps = [step_run.step for step_run in schedule.runs]
    succeeded = all(step.status == StepStatus.SUCCEEDED for step in run.steps)
    run.status = status or (RunStatus.COMPLETED if succeeded else RunStatus.FAILED)
    run.completed_at = utc_now()


class Schedule:
    """Runs each step when the steps it needs have ended and there is room for it.

    Steps are done by workers, each of which does one after the other. Where only one may run at a time, the run's own
    task is the worker; otherwise there is a task for each step that may be under way.
    """

    def __init__(self, plan: Plan, options: RunOptions, emitter: Emitter, run: Run, alarm: Alarm) -> None:
        self.runs = [StepRun(plan, planned, options, emitter) for planned in plan.steps]
        self._plan = plan
        self._run = run
        self._alarm = alarm
        self._sinks = options.sinks
        self._limit = min(options.max_concurrency, len(plan.steps))
        self._fail_fast = options.fail_fast
        self._emitter = emitter
        self._ended: list[Step | None] = [None] * len(plan.steps)
        self._waiting_for = [len(set(planned.needs)) for planned in plan.steps]
        self._dependents: list[list[int]] = [[] for _ in plan.steps]
        for planned in plan.steps:
            for index in set(planned.needs):
                self._dependents[index].append(planned.index)
        self._ready: list[int] = [planned.index for planned in plan.steps if not planned.needs]
        self._under_way: dict[int, asyncio.Task[Any] | None] = {}
        self._workers = 0
        self._all_done = asyncio.Event()
        self._stopped = False
        self._crash: BaseException | None = None

    async def run(self) -> None:
        """Run every step that can run.

        Raises:
            asyncio.CancelledError: When the caller gives up; every step under way has ended by then.
        """
        self._announce_queue()
        try:
            if self._limit == 1:
                self._workers = 1
                await self._work()
            else:
                self._hire()
                await self._all_done.wait()
        except asyncio.CancelledError:
            await self._stop_and_wait("Cancelled: the run was cancelled")
            raise
        if self._crash is not None:
            raise self._crash
        self._mark_unstarted("Cancelled: an earlier step failed")

    def _announce_queue(self) -> None:
        if not self._emitter.active:
            return
        serial = self._limit == 1
        queued = [run for run in self.runs if run.planned.needs or run.planned.index >= self._limit]
        for run in queued:
            self._emitter.emit(
                StepQueuedEvent(
                    run_id=self._plan.run_id,
                    step_id=run.step.step_id,
                    step_index=run.planned.index,
                    total_steps=len(self.runs),
                    provider=run.step.provider or "",
                    model=run.step.model,
                    reason="serial" if serial or run.planned.needs else "concurrency_limit",
                    step_name=run.planned.spec.name,
                )
            )

    def _hire(self) -> None:
        """See to it that there is a worker for every step that is ready, as far as there is room."""
        wanted = min(self._limit, len(self._under_way) + len(self._ready))
        while self._workers < wanted:
            self._workers += 1
            asyncio.create_task(self._work())  # noqa: RUF006 - kept in `_under_way` whenever it waits

    async def _work(self) -> None:
        """Run steps as long as one is ready; those that wait for nothing do not keep the loop to themselves."""
        turn_ends = monotonic() + TURN_SEC
        try:
            while self._ready and not self._stopped:
                await self._run_step(heappop(self._ready))
                self._hire()
                if monotonic() > turn_ends:
                    await asyncio.sleep(0)
                    turn_ends = monotonic() + TURN_SEC
        finally:
            self._workers -= 1
            if not self._workers:
                self._all_done.set()

    async def _run_step(self, index: int) -> None:
        self._under_way[index] = asyncio.current_task()
        try:
            step = await self.runs[index].execute(self._ended, self._alarm)
            self._ended[index] = step
            if self._sinks:
                await hand_over_step(self._sinks, step, self._run)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self._crash = self._crash or error
            self._stop("Cancelled: the engine failed")
            if not isinstance(error, Exception):
                raise
        else:
            self._release(index)
            if step.status != StepStatus.SUCCEEDED and self._fail_fast:
                self._stop(f"Cancelled: step {index} failed")
        finally:
            del self._under_way[index]

    def _release(self, index: int) -> None:
        """Note which steps need not wait any longer, now that one has ended."""
        for dependent in self._dependents[index]:
            self._waiting_for[dependent] -= 1
            if self._waiting_for[dependent] == 0:
                heappush(self._ready, dependent)

    def _stop(self, reason: str) -> None:
        """Start nothing more, and cancel what is under way, but for the step that ends just now."""
        own = asyncio.current_task()
        self._stopped = True
        for run in self.runs:
            if run.step.status == StepStatus.PENDING:
                run.step.error = run.step.error or reason
        for task in self._under_way.values():
            if task is not None and task is not own:
                task.cancel()

    async def _stop_and_wait(self, reason: str) -> None:
        self._stop(reason)
        if self._workers:
            await self._all_done.wait()
        self._mark_unstarted(reason)

    def _mark_unstarted(self, reason: str) -> None:
        for run in self.runs:
            if run.step.status == StepStatus.PENDING:
                run.step.status = StepStatus.CANCELLED
                run.step.error = run.step.error or reason
                run.step.note(cancelled=True)
                self._emitter.step_dropped(run.step)
