"""Turns what the driver tells about a job into notes on its step and into events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from genblaze.credentials import redact_secrets, sanitize_error
from genblaze.jobs import JobStatus
from genblaze.models.event import ProgressEvent, StepProgressEvent, StepRetriedEvent
from genblaze.models.step import UPSTREAM_ID_KEY

if TYPE_CHECKING:
    from genblaze.driver import Phase
    from genblaze.errors import ProviderError
    from genblaze.models.step import Step


_NOTHING_YET = JobStatus(False)


class StepWatch:
    """Watches one job of a step.

    Everything is recorded outside of the manifest's hash, under `step.provider_payload["genblaze"]`.

    Args:
        step: The record that is completed.
        provider: Who works on it; a fallback may be another than the declared one.
        model: With which model.
        on_progress: Hears progress, in the event loop; None when nobody does.
        on_retry: Hears of retries.
        on_submit: Hears the step's id and the vendor's job id; may be called from any thread.
        on_breaker: Hears that the provider is left alone for some time.
    """

    def __init__(
        self,
        step: Step,
        provider: str,
        model: str,
        *,
        on_progress: Callable[[StepProgressEvent], None] | None = None,
        on_retry: Callable[[StepRetriedEvent], None] | None = None,
        on_submit: Callable[[str, Any], None] | None = None,
        on_breaker: Callable[[str], None] | None = None,
    ) -> None:
        self._step = step
        self._provider = provider
        self._model = model
        self._tell_progress = on_progress
        self._tell_retry = on_retry
        self._tell_submit = on_submit
        self._tell_breaker = on_breaker
        self._started = monotonic()
        self._loop = asyncio.get_running_loop()
        self._last = _NOTHING_YET

    def report(self, status: JobStatus) -> None:
        """Progress from the provider's own thread."""
        with suppress(RuntimeError):  # the loop has closed: nobody listens any more
            self._loop.call_soon_threadsafe(self.on_progress, "processing", status)

    def on_submitted(self, job_id: str) -> None:
        """Keep the vendor's job id, even when it comes after the engine stopped waiting."""
        self._step.note(**{UPSTREAM_ID_KEY: job_id})
        if self._tell_submit is not None:
            self._tell_submit(self._step.step_id, job_id)

    def on_progress(self, status: str, report: JobStatus | None = None, *, heartbeat: bool = False) -> None:
        """Tell progress; a heartbeat repeats what was told last."""
        if self._tell_progress is None:
            return
        told = self._last = report or self._last
        self._tell_progress(
            StepProgressEvent(
                run_id=self._step.run_id,
                step_id=self._step.step_id,
                step_index=self._step.step_index,
                provider=self._provider,
                model=self._model,
                request_id=self._step.upstream_id,
                progress_pct=told.fraction if isinstance(told.fraction, int | float) else None,
                elapsed_sec=monotonic() - self._started,
                preview_url=told.preview_url if (told.preview_url or "").startswith("https://") else None,
                message=None if told.message is None else redact_secrets(str(told.message)),
                is_heartbeat=heartbeat,
                data={"status": status},
            )
        )

    def on_breaker(self, message: str) -> None:
        """Tell that the provider is left alone for some time."""
        if self._tell_breaker is not None:
            self._tell_breaker(message)

    def on_retry(self, phase: Phase, attempt: int, max_attempts: int, delay: float, error: ProviderError) -> None:
        """Record the failed attempt and tell it."""
        text = sanitize_error(str(error))
        code = None if error.error_code is None else str(error.error_code)
        failed = {
            "provider": self._provider,
            "model": self._model,
            "attempt": attempt,
            "phase": phase,
            "error_code": code,
            "error": text,
            "delay_sec": round(delay, 3),
        }
        self._step.note(attempts=[*self._step.attempts, failed])
        if self._tell_retry is not None:
            self._tell_retry(
                StepRetriedEvent(
                    run_id=self._step.run_id,
                    step_id=self._step.step_id,
                    provider=self._provider,
                    model=self._model,
                    phase=phase,
                    attempt=attempt,
                    max_attempts=max_attempts,
                    delay_sec=delay,
                    error_code=code,
                    error=text,
                    step_index=self._step.step_index,
                )
            )


def published_progress(event: StepProgressEvent) -> ProgressEvent:
    """The event as `on_progress` callbacks of the published package get it."""
    return ProgressEvent(
        step_id=event.step_id,
        provider=event.provider,
        model=event.model,
        status=event.data.get("status", "processing"),
        progress_pct=event.progress_pct,
        elapsed_sec=event.elapsed_sec or 0.0,
        message=event.message,
        preview_url=event.preview_url,
        request_id=event.request_id,
        is_heartbeat=event.is_heartbeat,
        run_id=event.run_id,
        step_index=event.step_index,
    )
