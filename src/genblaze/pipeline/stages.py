"""The fixed stages of a step: inputs, moderation, cache, provider, outputs, moderation again, cache."""

from __future__ import annotations

import asyncio
import logging
from time import monotonic
from typing import TYPE_CHECKING, Any

from genblaze.credentials import sanitize_error
from genblaze.driver import Driver, as_provider_error
from genblaze.errors import ProviderError
from genblaze.jobs import GenerateContext, Generation, JobStatus, Request
from genblaze.models.enums import ProviderErrorCode, StepStatus
from genblaze.models.record import utc_now
from genblaze.pipeline.cache import revive
from genblaze.pipeline.inputs import InputError, declared_inputs, pristine_inputs
from genblaze.pipeline.journaling import StepJournal, outcome_unknown
from genblaze.pipeline.moderating import moderate_output, moderate_prompt
from genblaze.pipeline.outputs import own_copies, take_in
from genblaze.pipeline.recording import record_assets, record_generation
from genblaze.retry import RetryPolicy
from genblaze.threads import daemon_threads
from genblaze.watch import StepWatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genblaze.models.asset import Asset
    from genblaze.models.step import Step
    from genblaze.pipeline.emission import Emitter
    from genblaze.pipeline.options import RunOptions
    from genblaze.pipeline.plan import Candidate, Plan, PlannedStep

logger = logging.getLogger("genblaze.pipeline")

#: Failures after which another model may help. An unknown outcome is not among them: the first may still be delivered.
FALLBACK_CODES = frozenset(
    {ProviderErrorCode.MODEL_ERROR, ProviderErrorCode.RATE_LIMIT, ProviderErrorCode.SERVER_ERROR}
)

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
        self._asked: Step | None = None
        self._accepted = False
        self._paid = False
        self._journal: StepJournal | None = None
        self._driver: Driver | None = None

    async def execute(self, earlier: Sequence[Step | None]) -> Step:
        """Run the step to its end; failures are recorded on it.

        Raises:
            asyncio.CancelledError: When the run is given up; the step is then recorded as cancelled.
        """
        self._started = monotonic()
        self.step.started_at = utc_now()
        timeout = self.planned.timeout or self.options.timeout
        self.emitter.step_started(self.step, self.planned.spec.expected_duration_sec)
        try:
            async with asyncio.timeout(timeout):
                await self._produce(earlier, self._started + timeout)
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

    async def _produce(self, earlier: Sequence[Step | None], deadline: float) -> None:
        step = self.step
        step.inputs = declared_inputs(self.planned, earlier)
        inputs = await pristine_inputs(step.inputs, self.plan, external=self.planned.spec.external_inputs is not None)
        hook = self.plan.moderation
        if hook is not None:
            await moderate_prompt(hook, step, self.planned.candidates[0].params)
        if not await self._answer_from_journal() and not await self._answer_from_cache():
            generation = await self._generate(inputs, deadline)
            record_generation(step, generation)
            await self._take_in(generation.assets, inputs)
        if hook is not None:
            await moderate_output(hook, step)
        step.status, step.error = StepStatus.SUCCEEDED, None
        if self._journal is not None and self._paid:
            await self._journal.finished()
        await self._keep_in_cache()

    async def _take_in(self, made: tuple[Asset, ...], inputs: list[Asset]) -> None:
        """Complete the outputs; one that is an input handed on is recorded where the input itself lies."""
        record_assets(self.step, own_copies(made, self.plan))  # kept, addresses and all, if fetching them fails
        await take_in(self.step.assets, self.plan)
        recorded = {given.url: asset.url for given, asset in zip(inputs, self.step.inputs, strict=True)}
        for asset in self.step.assets:
            asset.url = recorded.get(asset.url, asset.url)

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
        step.note(resumed=True)
        return True

    async def _answer_from_cache(self) -> bool:
        cache = self.plan.cache
        if cache is None:
            return False
        self._asked = self.step.model_copy(deep=True)
        found = await daemon_threads.run(cache.get, self._asked, self.plan.tenant_id)
        if found is None:
            return False
        assets = await daemon_threads.run(revive, found, self.plan.output_dir, self.plan.plugins)
        if assets is None:
            return False
        self._adopt(found, assets)
        return True

    def _adopt(self, found: Step, assets: list[Asset]) -> None:
        """Take over what the cached generation established; identity, times, metadata and cost are this step's own."""
        step = self.step
        step.assets = assets
        step.cost_usd = 0.0
        for name in ("provider", "model", "model_version", "model_hash", "seed"):
            setattr(step, name, getattr(found, name))
        step.note(cached=True)
        if found.model != self.planned.candidates[0].model:
            step.note(requested_model=self.planned.candidates[0].model)

    async def _keep_in_cache(self) -> None:
        if self.plan.cache is None or self._asked is None or self.step.cached:
            return
        try:
            await daemon_threads.run(self.plan.cache.put, self._asked, self.step, self.plan.tenant_id)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong here, the paid result stands
            logger.warning("Step %s could not be cached: %s", self.step.step_id, error)

    async def _generate(self, inputs: list[Asset], deadline: float) -> Generation:
        """Ask the declared model, then the fallbacks."""
        failure: ProviderError | None = None
        for candidate in self._candidates():
            if failure is not None:
                self._fall_back(candidate, failure)
            try:
                return await self._drive(candidate, inputs, deadline)
            except ProviderError as error:
                failure = error
                if not self._may_fall_back(error):
                    break
        assert failure is not None  # noqa: S101 - there is always one candidate, and it returned or failed
        raise failure

    def _candidates(self) -> Sequence[Candidate]:
        """The declared model, then the fallbacks; a run that is taken up goes on with the model it had come to."""
        candidates = self.planned.candidates
        noted = None if self._journal is None else self._journal.entry
        for index, candidate in enumerate(candidates):
            if noted is not None and (candidate.name, candidate.model) == (noted.provider, noted.model):
                self.step.provider, self.step.model, self.step.params = (
                    candidate.name,
                    candidate.model,
                    candidate.params,
                )
                return candidates[index:]
        return candidates

    def _may_fall_back(self, error: ProviderError) -> bool:
        """Whether another model may help, without buying twice: a job that was accepted may still be delivered."""
        if error.error_code is ProviderErrorCode.MODEL_ERROR:
            return True
        return error.error_code in FALLBACK_CODES and not self._accepted

    async def _drive(self, candidate: Candidate, inputs: list[Asset], deadline: float) -> Generation:
        emitter = self.emitter
        watch = StepWatch(
            self.step,
            candidate.name,
            candidate.model,
            on_progress=emitter.progress if emitter.hears_progress else None,
            on_retry=emitter.retried,
            on_submit=emitter.submitted,
        )
        context = GenerateContext(
            output_dir=self.plan.output_dir,
            config=self.plan.plugins.config,
            deadline=deadline,
            report=watch.report,
            instances=self.plan.plugins.instances,
        )
        job = self.plan.plugins.generate(self._request(candidate, inputs), context, provider=candidate.provider)
        self._paid = candidate.paid or bool(getattr(job, "paid", False))
        journal = self._journal if self._paid else None
        policy = self._policy(getattr(job, "retry_policy", None))
        driver = self._driver = Driver(job if journal is None else journal.around(job), context, policy, watch)
        if journal is not None:
            await journal.take_up(driver, job)
        try:
            generation = await driver.run()
        except ProviderError:
            watch.on_progress("failed")
            raise
        else:
            watch.on_progress("succeeded", JobStatus(True))
            return generation
        finally:
            self._accepted = driver.job_id is not None
            self.step.retries += max(driver.attempt - 1, 0)

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

    def _fall_back(self, candidate: Candidate, failure: ProviderError) -> None:
        step = self.step
        if step.fallback_from is None:
            step.note(requested_model=step.model, fallback_from=step.model)
        step.note(attempts=[*step.attempts, _given_up(step, failure)])
        logger.warning(
            "Step %s: %s failed (%s); trying %s", step.step_id, step.model, failure.error_code, candidate.model
        )
        step.provider, step.model, step.params = candidate.name, candidate.model, dict(candidate.params)

    def _fail(self, code: ProviderErrorCode | None, text: str) -> None:
        self.step.status = StepStatus.FAILED
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
        self.emitter.step_ended(step, seconds)


def _given_up(step: Step, failure: ProviderError) -> dict[str, Any]:
    """The record of a model that was given up for the next one."""
    return {
        "provider": step.provider,
        "model": step.model,
        "attempt": failure.attempts,
        "error_code": None if failure.error_code is None else str(failure.error_code),
        "error": sanitize_error(str(failure)),
    }
