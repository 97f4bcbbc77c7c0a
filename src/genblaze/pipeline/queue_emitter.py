"""`QueueEmitter`: the events of runs into a queue of one's own, as the published package has it.

`Pipeline.stream()` and `astream()` do without a queue.
"""

from __future__ import annotations

import asyncio
import logging
import queue
from typing import TYPE_CHECKING, Any

from genblaze.models.event import (
    StepCompletedEvent,
    StepCompleteEvent,
    StepFailedEvent,
    StepProgressEvent,
    StepQueuedEvent,
    StepRetriedEvent,
    StreamEvent,
)
from genblaze.tracing import Tracer

if TYPE_CHECKING:
    from genblaze.models.event import ProgressEvent

__all__ = ["QueueEmitter"]

logger = logging.getLogger("genblaze.pipeline")


class QueueEmitter(Tracer):
    """Puts events into a queue; `Pipeline.attach_emitter` lets it hear a pipeline's runs.

    A queue that is full loses the event. An `asyncio.Queue` is filled from any thread, if its loop made the emitter.

    Args:
        q: The queue.
        run_id: Stands in events that do not name their run.
        include_heartbeats: Whether heartbeats are put, too.
    """

    def __init__(
        self, q: queue.Queue[Any] | asyncio.Queue[Any], run_id: str | None = None, *, include_heartbeats: bool = True
    ) -> None:
        self._queue = q
        self._run_id = run_id
        self._heartbeats = include_heartbeats
        self._closed = False
        self._loop = asyncio._get_running_loop() if isinstance(q, asyncio.Queue) else None

    def put(self, event: StreamEvent | object) -> None:
        """Put an event, or a mark of one's own, unless the emitter is closed or the event an unwanted heartbeat."""
        if self._closed or (not self._heartbeats and getattr(event, "is_heartbeat", False)):
            return
        if self._loop is not None and self._loop is not asyncio._get_running_loop():
            self._loop.call_soon_threadsafe(self._put, event)
        else:
            self._put(event)

    def close(self) -> None:
        """Put nothing more."""
        self._closed = True

    def on_event(self, event: StreamEvent) -> None:
        """As a tracer: put every event of a run."""
        self.put(event)

    def on_progress(self, ev: ProgressEvent) -> None:
        """Put progress that a callback heard."""
        told = {name: getattr(ev, name) for name in ("step_id", "provider", "model", "progress_pct", "elapsed_sec")}
        more = {name: getattr(ev, name) for name in ("message", "preview_url", "request_id", "is_heartbeat")}
        run_id, data = ev.run_id or self._run_id, {"status": ev.status}
        self.put(StepProgressEvent(**told, **more, run_id=run_id, step_index=ev.step_index, data=data))

    def on_queued(self, ev: StepQueuedEvent) -> None:
        """Put that a step waits."""
        self.put(ev)

    def on_retry(self, ev: StepRetriedEvent) -> None:
        """Put that a step is tried again."""
        self.put(ev)

    def on_step_complete(self, ev: StepCompleteEvent, run_id: str | None = None) -> None:
        """Put that a step has ended, well or not."""
        step = ev.step
        told: dict[str, Any] = {
            "run_id": run_id or ev.run_id or self._run_id or step.run_id or "",
            "step_id": step.step_id,
            "step_index": ev.step_index,
            "total_steps": ev.total_steps,
            "provider": step.provider or "",
            "model": step.model,
            "request_id": step.upstream_id,
            "elapsed_sec": ev.elapsed_sec,
            "step_status": str(step.status),
            "step": step,
        }
        succeeded = step.status == "succeeded"
        self.put(StepCompletedEvent(**told) if succeeded else StepFailedEvent(error=step.error, **told))

    def _put(self, event: StreamEvent | object) -> None:
        try:
            self._queue.put_nowait(event)
        except (queue.Full, asyncio.QueueFull):
            logger.warning("The queue of an emitter is full; %s is lost", getattr(event, "type", type(event).__name__))
