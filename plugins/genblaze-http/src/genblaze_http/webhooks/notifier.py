"""`WebhookNotifier`: tells an address what happens in runs, from a thread of its own."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from genblaze.tracing import Tracer
from genblaze_http.webhooks.config import WebhookConfig, WebhookEvent
from genblaze_http.webhooks.outbox import Outbox

if TYPE_CHECKING:
    from genblaze.models import Manifest, Run, Step
    from genblaze.models.event import ProgressEvent, StepCompleteEvent
    from genblaze.pipeline import PipelineResult

logger = logging.getLogger("genblaze.webhook")

#: Steps whose beginning is remembered, so that it is told once.
MOST_STARTED = 10_000


class WebhookNotifier(Tracer):
    """Posts events as JSON, one after the other. Nothing waits for it, and it raises nothing into a run.

    As a tracer (`Pipeline(tracer=notifier)`) it tells of runs and steps by itself; `make_on_progress` and
    `make_on_step_complete` make callbacks of the published shape. Credentials in texts are replaced, prompts and
    parameters are never sent.

    Args:
        config: Where to.
        queue_maxsize: Deliveries that may wait; when more come, the oldest is given up.
    """

    def __init__(self, config: WebhookConfig, *, queue_maxsize: int = 10_000) -> None:
        self._config = config
        self._outbox = Outbox(config, queue_maxsize)
        self._started: OrderedDict[str, None] = OrderedDict()

    def __repr__(self) -> str:
        """Where to, without secrets."""
        return f"WebhookNotifier({self._config!r})"

    @property
    def dropped_count(self) -> int:
        """Deliveries that were given up, for whatever reason."""
        return self._outbox.dropped

    def enqueue(self, payload: dict[str, Any]) -> None:
        """Have a payload delivered, if its `event` is among those asked for; never waits, never raises."""
        try:
            if self._config.wants(payload.get("event")):
                self._outbox.put(payload)
        except Exception as error:  # noqa: BLE001 - a payload of whatever kind must not break the run
            logger.warning("A webhook cannot be sent: %s", type(error).__name__)

    def notify_pipeline_started(self, run_id: str, pipeline_name: str | None, step_count: int) -> None:
        """Tell that a run begins."""
        self._tell(
            WebhookEvent.PIPELINE_STARTED,
            run_id=run_id,
            status="running",
            pipeline_name=pipeline_name,
            step_count=step_count,
        )

    def notify_pipeline_completed(self, result: PipelineResult, *, canonical_hash: str | None = None) -> None:
        """Tell that a run has ended, well or not."""
        self.notify_run(result.run, result.manifest, canonical_hash)

    def notify_run(self, run: Run, manifest: Manifest, canonical_hash: str | None = None) -> None:
        """`notify_pipeline_completed` for a run and its manifest."""
        completed = run.status == "completed"
        self._tell(
            WebhookEvent.PIPELINE_COMPLETED if completed else WebhookEvent.PIPELINE_FAILED,
            run_id=run.run_id,
            status=str(run.status),
            pipeline_name=run.name,
            step_count=len(run.steps),
            canonical_hash=canonical_hash or manifest.canonical_hash,
            error=next((step.error for step in run.steps if step.error), None),
        )

    def make_on_progress(self) -> Callable[[ProgressEvent], None]:
        """A callback for `run(on_progress=…)` that tells once of each step that it has started."""

        def on_progress(event: ProgressEvent) -> None:
            self._step_started(event.run_id, event.step_id, event.provider, event.model, event.step_index)

        return on_progress

    def make_on_step_complete(self) -> Callable[[StepCompleteEvent], None]:
        """A callback for `run(on_step_complete=…)` that tells of each step that has ended."""

        def on_step_complete(event: StepCompleteEvent) -> None:
            self._step_ended(event.run_id, event.step, event.step_index, event.elapsed_sec, event.total_steps)

        return on_step_complete

    def on_run_start(self, run_id: str, name: str | None, *, total_steps: int | None = None, **facts: Any) -> None:  # noqa: ARG002 - a tracer's
        """As a tracer: a run begins."""
        self.notify_pipeline_started(run_id, name, total_steps or 0)

    def on_step_start(self, run_id: str, step: Step, *, step_index: int, total_steps: int) -> None:
        """As a tracer: a step begins."""
        self._step_started(run_id, step.step_id, step.provider, step.model, step_index, total_steps)

    def on_step_end(self, run_id: str, step: Step, *, duration_ms: float, step_index: int) -> None:
        """As a tracer: a step has ended."""
        self._step_ended(run_id, step, step_index, duration_ms / 1000)

    def on_run_end(self, run_id: str, result: PipelineResult) -> None:  # noqa: ARG002 - the result knows it
        """As a tracer: a run has ended."""
        self.notify_pipeline_completed(result)

    def _step_started(
        self,
        run_id: str | None,
        step_id: str,
        provider: str | None,
        model: str,
        step_index: int | None,
        total_steps: int | None = None,
    ) -> None:
        if step_id in self._started:
            return
        self._started[step_id] = None
        if len(self._started) > MOST_STARTED:
            self._started.popitem(last=False)
        self._tell(
            WebhookEvent.STEP_STARTED,
            run_id=run_id,
            step_id=step_id,
            provider=provider,
            model=model,
            step_index=step_index,
            total_steps=total_steps,
            status="processing",
        )

    def _step_ended(
        self, run_id: str | None, step: Step, step_index: int, seconds: float, total_steps: int | None = None
    ) -> None:
        self._started.pop(step.step_id, None)
        self._tell(
            WebhookEvent.STEP_COMPLETED if step.status == "succeeded" else WebhookEvent.STEP_FAILED,
            run_id=run_id or step.run_id,
            step_id=step.step_id,
            provider=step.provider,
            model=step.model,
            step_index=step_index,
            total_steps=total_steps,
            status=str(step.status),
            elapsed_sec=round(seconds, 3),
            error=step.error,
            error_code=None if step.error_code is None else str(step.error_code),
        )

    def _tell(self, event: WebhookEvent, **facts: Any) -> None:
        known = {name: value for name, value in facts.items() if value is not None}
        self.enqueue({"event": str(event), **known, "timestamp": datetime.now(UTC).isoformat()})

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until nothing is due any more; whether that was so within `timeout` seconds."""
        return self._outbox.flush(timeout)

    def close(self, timeout: float = 5.0) -> None:
        """Flush for at most `timeout` seconds, give up what is left then, and take nothing more."""
        self._outbox.close(timeout)
