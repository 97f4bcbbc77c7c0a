"""`AcmeWatchTracer`: a line of JSON for each step and each run, written by a thread of its own."""

from __future__ import annotations

import atexit
import json
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

from genblaze import PipelineResult, Step
from genblaze.tracing import Tracer, redact_secrets


class AcmeWatchTracer(Tracer):
    """Tells what steps and runs came to.

    What it hears is queued, because calls come inline and a run waits for them; a thread sends it on.

    Args:
        path: The file that lines are added to. This is where your service comes in.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).absolute()
        self._queue: Queue[dict[str, Any]] = Queue()
        self._sender: Thread | None = None

    def on_step_end(self, run_id: str, step: Step, *, duration_ms: float, step_index: int) -> None:
        """A step has ended: what it did, how long, for how much; no prompts."""
        self._tell(
            {
                "step": step.step_id,
                "run": run_id,
                "index": step_index,
                "provider": step.provider,
                "model": step.model,
                "status": str(step.status),
                "seconds": round(duration_ms / 1000, 3),
                "cost_usd": step.cost_usd,
                "error": None if step.error is None else redact_secrets(step.error),
            }
        )

    def on_run_end(self, run_id: str, result: PipelineResult) -> None:
        """A run has ended."""
        self._tell({"run": run_id, "status": str(result.run.status), "cost_usd": result.total_cost_usd})

    def flush(self) -> None:
        """Wait until everything has been sent."""
        self._queue.join()

    def _tell(self, line: dict[str, Any]) -> None:
        if self._sender is None:
            self._sender = Thread(target=self._send_all, name="genblaze-acme-watch", daemon=True)
            self._sender.start()
            atexit.register(self.flush)
        self._queue.put(line)

    def _send_all(self) -> None:
        while True:
            line = self._queue.get()
            try:
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
            finally:
                self._queue.task_done()
