"""The fixed stages of a step: inputs, moderation, cache, provider, outputs, moderation again, cache."""

from __future__ import annotations

import asyncio
import logging
from time import monotonic
from typing import TYPE_CHECKING

from genblaze.credentials import sanitize_error
from genblaze.driver import Driver, as_provider_error, outcome_unknown
from genblaze.errors import ProviderError
from genblaze.jobs import GenerateContext, Generation, Job, JobStatus, Request
from genblaze.limits import gate_of
from genblaze.models.enums import ProviderErrorCode, StepStatus
from genblaze.models.record import utc_now
from genblaze.pipeline.budgeting import spending
from genblaze.pipeline.caching import CacheStage
from genblaze.pipeline.clock import Clock
from genblaze.pipeline.daily import spending_today
from genblaze.pipeline.fallback import fall_back, may_fall_back, turn_to
from genblaze.pipeline.inputs import InputError, declared_inputs, from_outside, pristine_inputs
from genblaze.pipeline.intake import take_from_outside
from genblaze.pipeline.journaling import StepJournal
from genblaze.pipeline.late import keep_late_result
from genblaze.pipeline.moderating import moderate_output, moderate_prompt
from genblaze.pipeline.outputs import take_in_generation
from genblaze.pipeline.recording import dollars, record_generation
from genblaze.retry import RetryPolicy
from genblaze.watch import StepWatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genblaze.models.asset import Asset
    from genblaze.models.step import Step
    from genblaze.pipeline.clock import Alarm
    from genblaze.pipeline.emission import Emitter
    from genblaze.pipeline.options import RunOptions
    from genblaze.pipeline.plan import Candidate, Plan, PlannedStep

logger = logging.getLogger("genblaze.pipeline")

#: What a finished step of an earlier process gives to the record of the same step.
RESULT_FIELDS = (
    "provider",
    "model",
    "model_version",
    "model_hash",
    "seed",
    "params",
    "metadata",
    "step_type",
    "modality",
    "assets",
    "provider_payload",
    "retries",
    "cost_usd",
    "started_at",
)


class StepRun:
    """One step on its way through the stages.

    Attributes:
        step: Its record, complete once `execute` has returned or raised.
    """

    def __init__(self, plan: Plan, planned: PlannedStep, options: RunOptions, emitter: Emitter) -> None:
        self.plan = plan
        self.planned = planned
        self.options = options
        self.emitter = emitter
        self.step: Step = planned.record(plan.run_id)
        self._started = monotonic()
        self._accepted = False
        self._paid = False
        self._journal: StepJournal | None = None
        self._driver: Driver | None = None

    async def execute(self, earlier: Sequence[Step | None], alarm: Alarm) -> Step:
        """Run the step to its end; failures are recorded on it.

        Raises:
            asyncio.CancelledError: When the run is given up; the step is then recorded as cancelled.
        """
        self._started = monotonic()
        self.step.started_at = utc_now()
        timeout = self.planned.timeout or self.options.timeout
        self.emitter.step_started(self.step, self.planned.spec)
        try:
            with Clock(alarm, timeout) as clock:
                if self.step.provider is None:
                    await self._ingest()
                else:
                    await self._produce(earlier, clock)
        except asyncio.CancelledError:
            self._cancelled()
            raise
        except TimeoutError:
            failure = self._timed_out(timeout)
            self._fail(failure.error_code, str(failure))
        except InputError as error:
            self._fail(ProviderErrorCode.INVALID_INPUT, str(error))
            self.step.note(failure_reason="input_resolution")
        except ProviderError as error:
            self._fail(error.error_code, str(error))
        except Exception as error:
            failure = as_provider_error(error)
            logger.debug("Step %s failed", self.step.step_id, exc_info=True)
            self._fail(failure.error_code, str(failure))
        self._finish()
        return self.step

    # --- stages --------------------------------------------------------------------------------------------------

    async def _produce(self, earlier: Sequence[Step | None], clock: Clock) -> None:
        step = self.step
        inputs: list[Asset] = []
        if self.planned.needs or self.planned.spec.external_inputs:
            step.inputs = declared_inputs(self.planned, earlier)
            inputs = await pristine_inputs(step.inputs, self.plan, external=from_outside(self.planned, earlier))
        hook = self.plan.moderation
        if hook is not None:
            await moderate_prompt(hook, step, inputs, self.planned.candidates[0].params, self.plan.courier)
        with CacheStage(self.plan, self.planned, step) as cache:
            if not await self._answer_from_journal() and not await cache.answer():
                generation = await self._generate(inputs, clock)
                record_generation(step, generation)
                await take_in_generation(step, generation, inputs, self.plan)
            if hook is not None:
                await moderate_output(hook, step)
            step.status, step.error = StepStatus.SUCCEEDED, None
            if self._journal is not None and self._paid:
                await self._journal.finished()
            await cache.keep()

    async def _ingest(self) -> None:
        """Take in what was made elsewhere; there is nobody to ask."""
        await take_from_outside(self.step, self.planned.spec.external_inputs or [], self.plan)
        if self.plan.moderation is not None:
            await moderate_output(self.plan.moderation, self.step)
        self.step.status = StepStatus.SUCCEEDED

    async def _answer_from_journal(self) -> bool:
        """Take over what an earlier process of the same run finished."""
        if self.plan.journal is None:
            return False
        self._journal = StepJournal(self.plan.journal, self.step, self.plan.tenant_id)
        found = await self._journal.earlier_result(self.plan.plugins)
        if found is None:
            return False
        step = self.step
        for name in RESULT_FIELDS:
            setattr(step, name, getattr(found, name))
        if self.options.max_cost_usd is not None:
            self.options.max_cost_usd.spend(step.cost_usd)
        step.note(resumed=True)
        return True

    async def _generate(self, inputs: list[Asset], clock: Clock) -> Generation:
        """Ask the declared model, then the fallbacks."""
        failure: ProviderError | None = None
        for candidate in self._candidates():
            if failure is not None:
                fall_back(self.step, candidate, failure)
            try:
                return await self._drive(candidate, inputs, clock)
            except ProviderError as error:
                failure = error
                if not may_fall_back(error, self.plan.fallback_on, accepted=self._accepted):
                    break
        assert failure is not None  # noqa: S101 - there is always one candidate, and it returned or failed
        raise failure

    def _candidates(self) -> Sequence[Candidate]:
        """The declared model, then the fallbacks; a run that is taken up goes on with the model it had come to."""
        candidates = self.planned.candidates
        noted = None if self._journal is None else self._journal.entry
        for index, candidate in enumerate(candidates):
            if noted is not None and (candidate.name, candidate.model) == (noted.provider, noted.model):
                turn_to(self.step, candidate)
                return candidates[index:]
        return candidates

    async def _drive(self, candidate: Candidate, inputs: list[Asset], clock: Clock) -> Generation:
        watch = self._watch(candidate)
        context = clock.context = self._context(watch, clock)
        job = self.plan.plugins.generate(self._request(candidate, inputs), context, provider=candidate.provider)
        self._paid = candidate.paid or bool(getattr(job, "paid", False))
        journal = self._journal if self._paid else None
        policy = self._policy(getattr(job, "retry_policy", None))
        gate = gate_of(candidate.name, self.plan.plugins.config)
        guarded = job if journal is None else journal.around(job, context)
        driver = self._driver = Driver(guarded, context, policy, watch, gate, clock.stopped)
        if journal is not None:
            context.on_late_result = keep_late_result(self.plan, self.step, inputs, journal)
            await journal.take_up(driver, job)
        try:
            async with gate.slot(clock.stopped):
                generation = await self._pay(candidate, job, driver)
        except ProviderError:
            watch.on_progress("failed")
            raise
        else:
            watch.on_progress("succeeded", JobStatus(True))
            return generation
        finally:
            self._accepted = driver.job_id is not None
            self.step.retries += max(driver.attempt - 1, 0)

    async def _pay(self, candidate: Candidate, job: Job, driver: Driver) -> Generation:
        """Run the job while the budgets, where there are any, have its price set aside."""
        if self.plan.day_budget is None and self.options.max_cost_usd is None:
            return await driver.run()
        what = f"{candidate.name}/{candidate.model}"
        today = spending_today(self.plan.day_budget, driver, job, what, f"{self.step.step_id} {what}")
        async with today as settle_today:
            with spending(self.options.max_cost_usd, driver, job, what) as settle:
                generation = await driver.run()
                cost = dollars(generation.cost_usd)
                settle(cost)
                settle_today(cost)
        return generation

    def _watch(self, candidate: Candidate) -> StepWatch:
        emitter = self.emitter
        return StepWatch(
            self.step,
            candidate.name,
            candidate.model,
            on_progress=emitter.progress if emitter.hears_progress else None,
            on_retry=emitter.retried if emitter.hears_retries else None,
            on_submit=emitter.submitted,
            on_breaker=emitter.breaker_opened,
        )

    def _context(self, watch: StepWatch, clock: Clock) -> GenerateContext:
        return GenerateContext(
            output_dir=self.plan.output_dir,
            config=self.plan.plugins.config,
            deadline=clock.deadline,
            report=watch.report,
            instances=self.plan.plugins.instances,
            courier=self.plan.courier,
        )

    def _request(self, candidate: Candidate, inputs: list[Asset]) -> Request:
        step, spec = self.step, self.planned.spec
        return Request(
            provider=candidate.name,
            model=candidate.model,
            step_id=step.step_id,
            run_id=self.plan.run_id,
            modality=step.modality,
            step_type=step.step_type,
            prompt=step.prompt,
            negative_prompt=step.negative_prompt,
            prompt_visibility=step.prompt_visibility,
            seed=step.seed,
            params=candidate.params,
            inputs=tuple(inputs),
            metadata=step.metadata,
            tenant_id=self.plan.tenant_id,
            timeout=self.planned.timeout or self.options.timeout,
            expected_duration_sec=spec.expected_duration_sec,
            idempotency_key=step.step_id,
            config=self.options.config,
        )

    def _policy(self, own: RetryPolicy | None) -> RetryPolicy:
        policy = self.planned.retry or own or RetryPolicy()
        retries = self.options.max_retries
        return policy if retries is None else policy.with_attempts(retries + 1)

    def _timed_out(self, timeout: float) -> ProviderError:
        """A timeout, unless a paid request was under way: then nobody knows whether it was accepted."""
        text = f"Timed out after {timeout:g} s"
        driver = self._driver
        if self._paid and driver is not None and driver.job_id is None and driver.submitting:
            return outcome_unknown(f"{text[0].lower()}{text[1:]}, while the request was under way")
        return ProviderError(text, error_code=ProviderErrorCode.TIMEOUT)

    # --- the record ----------------------------------------------------------------------------------------------

    def _fail(self, code: ProviderErrorCode | None, text: str) -> None:
        self.step.status = StepStatus.FAILED
        if self._journal is not None and self._journal.unrecorded:
            text = f"{text}. The journal could not take {', '.join(self._journal.unrecorded)}"
        self.step.error = sanitize_error(text)
        self.step.error_code = code or ProviderErrorCode.UNKNOWN

    def _cancelled(self) -> None:
        self.step.status = StepStatus.CANCELLED
        self.step.error = self.step.error or "Cancelled"
        self.step.note(cancelled=True)
        self._finish()

    def _finish(self) -> None:
        step = self.step
        step.completed_at = utc_now()
        seconds = monotonic() - self._started
        self._driver = None  # and with it the job and its context: a long run would hold those of every step
        self.emitter.step_ended(step, seconds)
