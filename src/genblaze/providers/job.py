"""Turns a `BaseProvider` or `SyncProvider` into the job that the `generate` hook returns."""

from __future__ import annotations

import logging
import os
from functools import partial
from operator import attrgetter
from typing import Any, cast

from genblaze.errors import ProviderError
from genblaze.jobs import GenerateContext, Generation, Job, JobStatus, Request, Submitted
from genblaze.models.enums import ProviderErrorCode, StepStatus
from genblaze.models.event import ProgressEvent
from genblaze.models.record import copied
from genblaze.models.step import Step, new_step
from genblaze.providers.provider import BaseProvider, SubmitResult, SyncProvider
from genblaze.providers.runnable import RunnableConfig
from genblaze.threads import call, daemon_threads, is_async

logger = logging.getLogger("genblaze.provider")

#: Fields of a step that a provider may state otherwise than asked. Who may see the prompt is the user's word alone.
CHANGEABLE = ("seed", "params", "metadata", "step_type", "modality", "prompt", "negative_prompt")
#: Fields that only a provider states.
STATED = ("model_version", "model_hash")

_EMPTY: tuple[Any, ...] = (None, "", {})
_changeable = attrgetter(*CHANGEABLE)


def provider_job(provider: BaseProvider, request: Request, context: GenerateContext) -> Job:
    """The job of one request; made of `def` methods only if the provider's are."""
    if isinstance(provider, SyncProvider):
        kind = AsyncSingleCall if is_async(provider.generate) else SingleCall
        return kind(provider, request, context)
    return PolledJob(provider, request, context)


class _ProviderWork:
    """What both shapes of job share: the step handed to the provider, and reading it back."""

    def __init__(self, provider: BaseProvider, request: Request, context: GenerateContext) -> None:
        self.provider = provider
        self.context = context
        self.request = request
        self._step: Step | None = None
        self.poll_interval = provider.poll_interval
        self.retry_policy = provider.retry_policy
        self.paid = provider.paid
        self.idempotent = provider.idempotent
        if (find := getattr(provider, "find", None)) is not None:
            self.find = partial(call, find, self.step)

    @property
    def config(self) -> RunnableConfig:
        """The settings that a provider's methods get."""
        own = {"run_id": self.request.run_id, "on_progress": self._passed_on}
        config = cast("RunnableConfig", {**self.request.config, **own})
        if self.request.timeout is not None:
            config["timeout"] = self.request.timeout
        return config

    @property
    def step(self) -> Step:
        """The step as the provider got it last; made when it is first asked for."""
        return self._step or self._fresh_step()

    def _passed_on(self, event: ProgressEvent) -> None:
        self.context.progress(event.progress_pct, event.message, event.preview_url)

    def _needs_credentials(self) -> bool:
        """Whether the provider has credentials to check, and has not checked them yet."""
        provider = self.provider
        checks = type(provider).preflight_auth is not BaseProvider.preflight_auth
        return checks and not provider._authenticated and not os.environ.get("GENBLAZE_SKIP_PREFLIGHT")

    def _check_credentials(self) -> None:
        self.provider.preflight_auth()
        self.provider._authenticated = True

    def _fresh_step(self) -> Step:
        """The step for a new submission, without what a failed one left in it."""
        self._step = step_of(self.request)
        return self._step

    def _submitted_step(self) -> Step:
        """The step as it was submitted, without what a failed attempt to collect its outputs left in it."""
        step = self.step
        step.status, step.error, step.error_code, step.assets = StepStatus.SUBMITTED, None, None, []
        return step

    def _generation(self, step: Any) -> Generation:
        if not isinstance(step, Step):
            msg = f"{self.provider.name}: the provider returned {type(step).__name__}, not the step"
            raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)
        if step.status == StepStatus.FAILED:
            raise ProviderError(step.error or "the provider marked the step as failed", error_code=step.error_code)
        self.provider._apply_registry_pricing(step)
        changes = {} if _as_asked(step, self.request) else _changes(step, self.request)
        return Generation(
            assets=tuple(step.assets), cost_usd=step.cost_usd, payload=step.provider_payload, changes=changes
        )

    def estimate_cost(self) -> Any:
        """What the request would cost in US dollars, or None when unknown."""
        estimate = getattr(self.provider, "estimate_cost", None)
        return None if estimate is None else estimate(self.request.model, self.request.params)

    def cancel(self, job_id: str) -> Any:
        """Pass the cancellation on, to a provider that knows it."""
        cancel = getattr(self.provider, "cancel", None)
        return None if cancel is None else cancel(job_id)


class SingleCall(_ProviderWork):
    """A `SyncProvider` with a `def generate`: submitting already gives the result."""

    def submit(self) -> Generation:
        """Make the one call."""
        if self._needs_credentials():
            self._check_credentials()
        assert isinstance(self.provider, SyncProvider)  # noqa: S101 - chosen by provider_job
        return self._generation(self.provider.generate(self._fresh_step(), self.config))

    def poll(self, job_id: str) -> bool:  # noqa: ARG002 - there is no job to ask for
        """Always done."""
        return True

    def fetch(self, job_id: str) -> Generation:
        """There is nothing to fetch."""
        msg = f"{self.provider.name} answers at once and has no job {job_id} to fetch"
        raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)


class AsyncSingleCall(SingleCall):
    """A `SyncProvider` with an `async def generate`."""

    async def submit(self) -> Generation:  # type: ignore[override]  # a Job's methods may be either
        """Make the one call."""
        if self._needs_credentials():
            await call(self._check_credentials)
        assert isinstance(self.provider, SyncProvider)  # noqa: S101 - chosen by provider_job
        return self._generation(await self.provider.generate(self._fresh_step(), self.config))


class PolledJob(_ProviderWork):
    """A `BaseProvider`: submit, poll, fetch, each `def` or `async def`."""

    async def submit(self) -> Submitted:
        """Submit the job."""
        if self._needs_credentials():
            await call(self._check_credentials)
        if is_async(self.provider.submit):
            return self._told(await self.provider.submit(self._fresh_step(), self.config))
        return await daemon_threads.run(self._submit_in_thread)

    def _submit_in_thread(self) -> Submitted:
        return self._told(self.provider.submit(self._fresh_step(), self.config))

    def _told(self, outcome: Any) -> Submitted:
        submitted = Submitted(outcome)
        if isinstance(outcome, SubmitResult):
            submitted = Submitted(outcome.prediction_id, outcome.estimated_seconds)
        if submitted.job_id:
            self.context.accepted(submitted.job_id)
        return submitted

    async def poll(self, job_id: str) -> JobStatus:
        """Ask how far it is."""
        if await call(self.provider.poll, job_id, self.config):
            return JobStatus(True)
        if type(self.provider).poll_progress is BaseProvider.poll_progress:
            return JobStatus(False)
        try:
            told = await call(self.provider.poll_progress, job_id) or {}
            return JobStatus(False, told.get("progress_pct"), told.get("message"), told.get("preview_url"))
        except Exception as error:  # noqa: BLE001 - third-party code: progress is no reason to lose a paid job
            logger.debug("%s.poll_progress failed: %s", self.provider.name, error)
            return JobStatus(False)

    async def fetch(self, job_id: str) -> Generation:
        """Collect its outputs."""
        return self._generation(await call(self.provider.fetch_output, job_id, self._submitted_step()))


def _as_asked(step: Step, request: Request) -> bool:
    """Whether a provider has left the step as it was asked for, as nearly all do."""
    return step.model_version is step.model_hash is None and bool(_changeable(step) == _changeable(request))


def _changes(step: Step, request: Request) -> dict[str, Any]:
    """What a provider states otherwise; what it leaves empty (in a step of its own making, say) stays as asked."""
    stated = {name: value for name in STATED + CHANGEABLE if (value := getattr(step, name)) not in _EMPTY}
    return {name: value for name, value in stated.items() if value != getattr(request, name, None)}


def step_of(request: Request) -> Step:
    """A step record of its own for a provider to work on; nothing in it is shared with the request."""
    return new_step(
        step_id=request.step_id,
        run_id=request.run_id,
        provider=request.provider,
        model=request.model,
        step_type=request.step_type,
        modality=request.modality,
        prompt=request.prompt,
        negative_prompt=request.negative_prompt,
        prompt_visibility=request.prompt_visibility,
        seed=request.seed,
        params=copied(request.params),
        inputs=[asset.model_copy(deep=True) for asset in request.inputs],
        metadata=copied(request.metadata),
        status=StepStatus.SUBMITTED,
    )
