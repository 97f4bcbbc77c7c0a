"""One step outside of a pipeline: what `provider.invoke(step)` does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from genblaze.courier import PluginCourier
from genblaze.credentials import sanitize_error
from genblaze.driver import Driver, as_provider_error
from genblaze.errors import ProviderError
from genblaze.jobs import GenerateContext, JobStatus, Request
from genblaze.models.enums import ProviderErrorCode, StepStatus
from genblaze.models.record import utc_now
from genblaze.plugins import default_plugins
from genblaze.providers.provider import DEFAULT_TIMEOUT
from genblaze.providers.runnable import SETTINGS
from genblaze.retry import RetryPolicy
from genblaze.watch import StepWatch, published_progress

if TYPE_CHECKING:
    from genblaze.models.step import Step
    from genblaze.providers.provider import BaseProvider
    from genblaze.providers.runnable import RunnableConfig


logger = logging.getLogger("genblaze.provider")


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
    policy = _policy(provider, settings)
    tell = settings.get("on_progress")
    watch = StepWatch(
        done,
        done.provider,
        done.model,
        on_progress=None if tell is None else lambda event: _call(tell, published_progress(event)),
        on_retry=partial(_call, settings.get("on_retry")),
        on_submit=partial(_call, settings.get("on_submit")),
    )
    context = hand_made_context(deadline=monotonic() + timeout, report=watch.report)
    rest = {name: value for name, value in settings.items() if name not in SETTINGS}
    driver = Driver(provider.job(request_of(done, timeout, rest), context), context, policy, watch)
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
        _fail(done, ProviderError(f"Timed out after {timeout:g} s", error_code=ProviderErrorCode.TIMEOUT))
    except Exception as error:  # noqa: BLE001 - third-party code: a failed step is a result, not a lost exception
        _fail(done, as_provider_error(error))
    done.completed_at = utc_now()
    done.retries += max(driver.attempt - 1, 0)
    watch.on_progress(str(done.status))
    return done


def hand_made_context(
    *, deadline: float | None = None, report: Callable[[JobStatus], None] | None = None
) -> GenerateContext:
    """The context of a step outside of a pipeline: files go to `output/`."""
    folder = Path("output")
    courier = PluginCourier(default_plugins, folder)
    return GenerateContext(output_dir=folder, deadline=deadline, report=report, courier=courier)


def request_of(step: Step, timeout: float | None = None, config: Mapping[str, Any] | None = None) -> Request:
    """The request that a step, outside of a pipeline, amounts to."""
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
        config=config or {},
    )


def _policy(provider: BaseProvider, settings: RunnableConfig) -> RetryPolicy:
    retries = settings.get("max_retries")
    return provider.retry_policy if retries is None else provider.retry_policy.with_attempts(retries + 1)


def _call(callback: Callable[..., Any] | None, *args: Any) -> None:
    """Call a callback, if there is one; its failure is logged and must not cost a paid result."""
    try:
        if callback is not None:
            callback(*args)
    except Exception:
        logger.exception("A callback of provider.invoke() failed")


def _fail(step: Step, error: ProviderError) -> None:
    step.status = StepStatus.FAILED
    step.error = sanitize_error(str(error))
    step.error_code = error.error_code or ProviderErrorCode.UNKNOWN
