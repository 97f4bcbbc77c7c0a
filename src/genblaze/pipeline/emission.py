"""Events of one run: made once, when something happens, and handed to everybody who listens."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from genblaze.hookspecs import TraceEvent
from genblaze.models.enums import StepStatus
from genblaze.models.event import (
    PipelineWarningEvent,
    StepCancelledEvent,
    StepCompletedEvent,
    StepCompleteEvent,
    StepFailedEvent,
    StepProgressEvent,
    StepRetriedEvent,
    StepStartedEvent,
    StreamEvent,
)
from genblaze.watch import published_progress

if TYPE_CHECKING:
    from genblaze.models.step import Step
    from genblaze.pipeline.declaration import StepSpec
    from genblaze.pipeline.options import RunOptions
    from genblaze.pipeline.plan import Plan
    from genblaze.pipeline.result import PipelineResult

logger = logging.getLogger("genblaze.pipeline")


class Emitter:
    """Hands the events of one run to its stream, its tracers and the caller's callbacks.

    Listeners run inline. One that raises is logged and disturbs nobody.

    Attributes:
        active: Whether anybody hears events; nothing is built when not.
    """

    def __init__(self, plan: Plan, options: RunOptions, stream: Callable[[StreamEvent], None] | None = None) -> None:
        self.run_id = plan.run_id
        self._total_steps = len(plan.steps)
        self._plugins = plan.plugins
        self._tracers = plan.tracers
        self._tracing = bool(plan.tracers)
        self._stream = stream
        self._options = options
        self.active = stream is not None or self._tracing
        self.hears_progress = self.active or options.on_progress is not None
        self.hears_retries = self.active or options.on_retry is not None

    def emit(self, event: StreamEvent) -> None:
        """Hand an event to the stream and the tracers."""
        if self._stream is not None:
            self._stream(event)
        if self._tracing:
            self._trace(TraceEvent(kind="event", run_id=self.run_id, event=event))

    def progress(self, event: StepProgressEvent) -> None:
        """Hand progress to everybody, the `on_progress` callback included."""
        if self.active:
            self.emit(event)
        if self._options.on_progress is not None:
            self._call(self._options.on_progress, published_progress(event))

    def retried(self, event: StepRetriedEvent) -> None:
        """Hand a retry to everybody, the `on_retry` callback included."""
        if self.active:
            self.emit(event)
        if self._options.on_retry is not None:
            self._call(self._options.on_retry, event)

    def unprotected(self, message: str) -> None:
        """Tell that the journal of paid work cannot be used. Who found out has logged it."""
        self._warn("unprotected", message)

    def breaker_opened(self, message: str) -> None:
        """Tell that a provider is left alone for some time. Who found out has logged it."""
        self._warn("breaker_open", message)

    def _warn(self, code: Literal["unprotected", "breaker_open"], message: str) -> None:
        if self.active:
            self.emit(PipelineWarningEvent(run_id=self.run_id, code=code, message=message))

    def submitted(self, step_id: str, job_id: str) -> None:
        """Tell the `on_submit` callback the vendor's job id."""
        if self._options.on_submit is not None:
            self._call(self._options.on_submit, step_id, job_id)

    def step_started(self, step: Step, spec: StepSpec) -> None:
        """Tell the stream and the tracers, in the step's own context."""
        if self._tracing:
            self._trace(
                TraceEvent(
                    kind="step.start",
                    run_id=self.run_id,
                    step=step,
                    step_index=step.step_index,
                    total_steps=self._total_steps,
                )
            )
        if self.active:
            expected = spec.expected_duration_sec
            self.emit(StepStartedEvent(**self._place(step), expected_duration_sec=expected, step_name=spec.name))

    def step_ended(self, step: Step, seconds: float) -> None:
        """Tell everybody, the `on_step_complete` callback included."""
        index = step.step_index or 0
        if self._tracing:
            self._trace(
                TraceEvent(kind="step.end", run_id=self.run_id, step=step, step_index=index, duration_ms=seconds * 1000)
            )
        if self.active:
            self.emit(self._end_of(step, seconds))
        if self._options.on_step_complete is not None:
            told = StepCompleteEvent(index, self._total_steps, step, seconds, self.run_id)
            self._call(self._options.on_step_complete, told)

    def step_dropped(self, step: Step) -> None:
        """Tell the stream and the tracers of a step that was cancelled before it began."""
        if self.active:
            self.emit(self._end_of(step, 0.0))

    def _end_of(self, step: Step, seconds: float) -> StreamEvent:
        told: dict[str, Any] = {
            **self._place(step),
            "request_id": step.upstream_id,
            "elapsed_sec": seconds,
            "step_status": str(step.status),
            "step": step,
        }
        if step.status == StepStatus.SUCCEEDED:
            return StepCompletedEvent(**told, cached=step.cached or None)
        kind = StepCancelledEvent if step.status == StepStatus.CANCELLED else StepFailedEvent
        return kind(error=step.error, **told)

    def _place(self, step: Step) -> dict[str, Any]:
        return {
            "run_id": self.run_id,
            "step_id": step.step_id,
            "step_index": step.step_index or 0,
            "total_steps": self._total_steps,
            "provider": step.provider or "",
            "model": step.model,
        }

    def run_started(self, plan: Plan) -> None:
        """Tell the tracers that the run begins."""
        if self._tracing:
            self._trace(
                TraceEvent(
                    kind="run.start",
                    run_id=self.run_id,
                    name=plan.name,
                    tenant_id=plan.tenant_id,
                    total_steps=len(plan.steps),
                    metadata=plan.metadata,
                )
            )

    def run_ended(self, result: PipelineResult) -> None:
        """Tell the tracers that the run has ended."""
        if self._tracing:
            self._trace(TraceEvent(kind="run.end", run_id=self.run_id, result=result))

    def _trace(self, event: TraceEvent) -> None:
        self._plugins.trace(event, self._tracers)

    def _call(self, callback: Callable[..., Any], *args: Any) -> None:
        try:
            callback(*args)
        except Exception:
            logger.exception("A callback of run %s failed", self.run_id)
