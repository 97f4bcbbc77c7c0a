"""One step outside of a pipeline: what `provider.invoke(step)` does."""

from __future__ import annotations

import asyncio
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from genblaze.credentials import sanitize_error
from genblaze.driver import Driver, Phase, as_provider_error
from genblaze.errors import ProviderError
from genblaze.jobs import GenerateContext, JobStatus, Request
from genblaze.models.enums import ProviderErrorCode, StepStatus
from genblaze.models.event import ProgressEvent, StepRetriedEvent
from genblaze.models.record import utc_now
from genblaze.providers.provider import DEFAULT_TIMEOUT
from genblaze.retry import RetryPolicy

if TYPE_CHECKING:
    from genblaze.models.step import Step
    from genblaze.providers.provider import BaseProvider
    from genblaze.providers.runnable import RunnableConfig


async def invoke_step(
    provider: BaseProvider, step: Step, config: RunnableConfig | None = None, *, job_id: Any = None
) -> Step:
    """Run `step` at `provider` and return a completed copy; failures are recorded on it.

    Args:
        provider: Who does it.
        step: What to do; left as it is.
        config: Timeout, retries and callbacks.
        job_id: A job that was submitted before: only poll and fetch it.
    """
    settings = config or {}
    timeout = settings.get("timeout") or DEFAULT_TIMEOUT
    done = step.model_copy(deep=True)
    done.status, done.started_at, done.assets = StepStatus.SUBMITTED, utc_now(), []
    done.provider = done.provider or provider.name
    watch = _Watch(done, settings)
    context = GenerateContext(output_dir=Path("output"), deadline=monotonic() + timeout, report=watch.report)
    job = provider.job(_request(done, timeout), context)
    driver = Driver(job, context, _policy(provider, settings), watch)
    watch.max_attempts = driver.policy.max_attempts
    if job_id is not None:
        driver.resume(job_id)
    try:
        async with asyncio.timeout(timeout):
            generation = await driver.run()
        for name, value in generation.changes.items():
            setattr(done, name, value)
        done.assets, done.cost_usd = list(generation.assets), generation.cost_usd
        done.provider_payload = {**generation.payload, **done.provider_payload}
        done.status = StepStatus.SUCCEEDED
    except TimeoutError:
        watch.failed(ProviderError(f"Timed out after {timeout:g} s", error_code=ProviderErrorCode.TIMEOUT))
    except Exception as error:  # noqa: BLE001 - third-party code: a failed step is a result, not a lost exception
        watch.failed(as_provider_error(error))
    done.completed_at = utc_now()
    done.retries += max(driver.attempt - 1, 0)
    watch.on_progress(str(done.status))
    return done


def _request(step: Step, timeout: float) -> Request:
    return Request(
        provider=step.provider or "",
        model=step.model,
        step_id=step.step_id,
        run_id=step.run_id or "",
        modality=step.modality,
        step_type=step.step_type,
        prompt=step.prompt,
        negative_prompt=step.negative_prompt,
        prompt_visibility=step.prompt_visibility,
        seed=step.seed,
        params=step.params,
        inputs=tuple(step.inputs),
        metadata=step.metadata,
        timeout=timeout,
        idempotency_key=step.step_id,
    )


def _policy(provider: BaseProvider, settings: RunnableConfig) -> RetryPolicy:
    retries = settings.get("max_retries")
    return provider.retry_policy if retries is None else provider.retry_policy.with_attempts(retries + 1)


class _Watch:
    """Keeps the record and calls the callbacks of a `RunnableConfig`."""

    def __init__(self, step: Step, settings: RunnableConfig) -> None:
        self.step = step
        self.max_attempts = 1
        self._settings = settings
        self._started = monotonic()
        self._loop = asyncio.get_running_loop()

    def report(self, status: JobStatus) -> None:
        """Progress from the provider's own thread."""
        self._loop.call_soon_threadsafe(self.on_progress, "processing", status)

    def failed(self, error: ProviderError) -> None:
        """Record the failure."""
        self.step.status = StepStatus.FAILED
        self.step.error = sanitize_error(str(error))
        self.step.error_code = error.error_code or ProviderErrorCode.UNKNOWN

    def on_submitted(self, job_id: str) -> None:
        """Keep the vendor's job id."""
        self.step.status = StepStatus.PROCESSING
        self.step.note(upstream_id=job_id)
        tell = self._settings.get("on_submit")
        if tell is not None:
            tell(self.step.step_id, job_id)

    def on_progress(self, status: str, report: JobStatus | None = None, *, heartbeat: bool = False) -> None:
        """Tell `on_progress`."""
        tell = self._settings.get("on_progress")
        if tell is None:
            return
        told = report or JobStatus(False)
        tell(
            ProgressEvent(
                step_id=self.step.step_id,
                provider=self.step.provider or "",
                model=self.step.model,
                status=status,
                progress_pct=told.fraction,
                elapsed_sec=monotonic() - self._started,
                message=told.message,
                preview_url=told.preview_url,
                request_id=self.step.upstream_id,
                is_heartbeat=heartbeat,
            )
        )

    def on_retry(self, phase: Phase, attempt: int, delay: float, error: ProviderError) -> None:
        """Tell `on_retry`."""
        tell = self._settings.get("on_retry")
        if tell is not None:
            code = None if error.error_code is None else str(error.error_code)
            tell(
                StepRetriedEvent(
                    run_id=self.step.run_id,
                    step_id=self.step.step_id,
                    provider=self.step.provider or "",
                    model=self.step.model,
                    phase=phase,
                    attempt=attempt,
                    max_attempts=self.max_attempts,
                    delay_sec=delay,
                    error_code=code,
                    error=sanitize_error(str(error)),
                )
            )
