"""The live view: how each step of a run stands, on a terminal, while it runs. Silent everywhere else.

Only this module and the command line draw; rich is imported when there is something to draw.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import msgspec

from genblaze.models.event import (
    AgentIterationEvaluatedEvent,
    AgentIterationStartedEvent,
    PipelineCancelledEvent,
    PipelineCompletedEvent,
    PipelineFailedEvent,
    PipelineStartedEvent,
    StepCancelledEvent,
    StepCompletedEvent,
    StepFailedEvent,
    StepProgressEvent,
    StepQueuedEvent,
    StepRetriedEvent,
    StepStartedEvent,
)

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from genblaze.models.event import StreamEvent

__all__ = ["LiveView", "heard_by", "is_wanted", "live_view"]

NEVER: Final = "GENBLAZE_NO_PROGRESS"
REFRESH_PER_SECOND: Final = 8
#: Lines of the terminal that stay free for the total and the prompt.
SPARE_LINES: Final = 5
#: How a step stands, as it is drawn: with and without Unicode, and in which colour.
SIGNS: Final = {
    "waits": ("·", ".", "dim"),
    "runs": ("▸", ">", "cyan"),
    "done": ("✓", "+", "green"),
    "cached": ("✓", "+", "green"),
    "failed": ("✗", "x", "red"),
    "cancelled": ("-", "-", "yellow"),
}

_drawing = threading.Lock()


def is_wanted(progress: bool | None, *, listens: bool = False) -> bool:
    """Whether to draw.

    Args:
        progress: What the caller said; None draws unless `CI` is set or the caller listens by itself.
        listens: Whether the caller has an `on_progress` of its own.
    """
    if progress is False or os.environ.get(NEVER) or os.environ.get("TERM") == "dumb":
        return False
    if progress is None and (listens or os.environ.get("CI")):
        return False
    return sys.stderr is not None and sys.stderr.isatty()


def live_view(
    progress: bool | None, *, listens: bool = False, runs: int = 1
) -> AbstractContextManager[LiveView | None]:
    """Draw while this lasts; gives None when nothing is to be drawn, or a run around this one draws already.

    Args:
        progress: As `is_wanted` takes it.
        listens: As `is_wanted` takes it.
        runs: How many runs there will be.
    """
    return _drawn(runs) if is_wanted(progress, listens=listens) else nullcontext()


@contextmanager
def _drawn(runs: int) -> Iterator[LiveView | None]:
    if not _drawing.acquire(blocking=False):
        yield None
        return
    try:
        from rich.console import Console
        from rich.live import Live

        console = Console(stderr=True)
        view = LiveView(console, runs)
        live = Live(console=console, get_renderable=view.drawn, refresh_per_second=REFRESH_PER_SECOND)
        live.start()
        try:
            yield view
        finally:
            with suppress(OSError):  # the terminal is gone; the result is not
                live.stop()
    finally:
        _drawing.release()


class _Step(msgspec.Struct):
    """How a step stands."""

    label: str
    state: str = "waits"
    began: float | None = None
    seconds: float | None = None
    expected: float | None = None
    fraction: float | None = None
    cost: float | None = None
    said: str = ""

    def elapsed(self) -> float | None:
        return self.seconds if self.seconds is not None or self.began is None else monotonic() - self.began

    def done(self) -> float | None:
        """What part is done, from 0 to 1: as told, else by the time it usually takes; None if nobody knows."""
        if self.state in ("done", "cached"):
            return 1.0
        elapsed = self.elapsed()
        if self.fraction is not None or not self.expected or elapsed is None:
            return self.fraction
        return min(elapsed / self.expected, 0.99)


class _Run(msgspec.Struct):
    """How a run stands."""

    name: str | None
    steps: dict[int, _Step] = msgspec.field(default_factory=dict)
    ended: bool = False


class LiveView:
    """Hears events and draws what they amount to.

    Args:
        console: Where it is drawn.
        runs: How many runs there will be.
    """

    def __init__(self, console: Console, runs: int = 1) -> None:
        self._console = console
        self._expected_runs = runs
        self._runs: dict[str, _Run] = {}
        self._loop = ""
        self._began = monotonic()
        self._lock = threading.Lock()  # events come from the engine's thread, drawing from rich's
        self._unicode = console.encoding.startswith("utf")

    def hear(self, event: StreamEvent) -> None:
        """Take in an event."""
        with self._lock:
            match event:
                case PipelineStartedEvent():
                    self._runs[event.run_id] = _Run(event.message)
                case PipelineCompletedEvent() | PipelineFailedEvent() | PipelineCancelledEvent():
                    self._runs[event.run_id].ended = True
                case AgentIterationStartedEvent():
                    self._loop = f"try {event.iteration + 1} of {event.total}"
                case AgentIterationEvaluatedEvent():
                    score = "" if event.score is None else f", score {event.score:g}"
                    self._loop += f": {'passed' if event.passed else 'not good enough'}{score}"
                case _:
                    self._hear_step(event)

    def _hear_step(self, event: Any) -> None:
        run, index = self._runs.get(event.run_id), getattr(event, "step_index", None)
        if run is None or index is None:
            return
        step = run.steps.setdefault(index, _Step(f"{event.provider}/{event.model}"))
        match event:
            case StepQueuedEvent():
                step.label = event.step_name or step.label
            case StepStartedEvent():
                step.label = event.step_name or step.label
                step.state, step.began, step.expected = "runs", monotonic(), event.expected_duration_sec
            case StepProgressEvent(is_heartbeat=False):
                step.fraction = step.fraction if event.progress_pct is None else event.progress_pct
                step.said = event.message or ""
            case StepRetriedEvent():
                step.said = f"attempt {event.attempt} of {event.max_attempts} failed ({event.error_code})"
            case StepCompletedEvent():
                step.state = "cached" if event.cached else "done"
                step.said = "from the cache" if event.cached else ""
                self._end(step, event)
            case StepFailedEvent() | StepCancelledEvent():
                step.state = "failed" if isinstance(event, StepFailedEvent) else "cancelled"
                step.said = event.error or ""
                self._end(step, event)

    @staticmethod
    def _end(step: _Step, event: StepCompletedEvent | StepFailedEvent | StepCancelledEvent) -> None:
        step.seconds = event.elapsed_sec if step.began is not None else None
        step.cost = event.step.cost_usd if event.step is not None else None

    # --- drawing -----------------------------------------------------------------------------------------------------

    def drawn(self) -> RenderableType:
        """Everything, as rich draws it."""
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        with self._lock:
            steps = [run.steps[index] for run in self._runs.values() for index in sorted(run.steps)]
            room = max(3, self._console.height - SPARE_LINES)
            shown = steps if len(steps) <= room else [step for step in steps if step.state in ("runs", "failed")][:room]
            table = Table.grid(padding=(0, 1))
            for _ in range(6):
                table.add_column(no_wrap=True, overflow="ellipsis")
            for step in shown:
                table.add_row(*self._row(step))
            return Group(table, Text(self._total(steps), style="bold"))

    def _row(self, step: _Step) -> list[RenderableType]:
        from rich.progress_bar import ProgressBar
        from rich.text import Text

        sign, plain, colour = SIGNS[step.state]
        done, elapsed = step.done(), step.elapsed()
        pulse = step.state == "runs" and done is None
        return [
            Text(f"{sign if self._unicode else plain} {_printable(step.label)}", style=colour),
            ProgressBar(total=1.0, completed=done or 0.0, width=20, pulse=pulse, animation_time=monotonic()),
            Text("" if done is None else f"{done:4.0%}", justify="right"),
            Text("" if elapsed is None else f"{elapsed:6.1f} s", justify="right"),
            Text("" if step.cost is None else f"${step.cost:.2f}", justify="right", style="green"),
            Text(_printable(step.said), style="dim"),
        ]

    def _total(self, steps: list[_Step]) -> str:
        ended = [step for step in steps if step.state not in ("waits", "runs")]
        names = {run.name for run in self._runs.values() if run.name}
        costs = [step.cost for step in ended if step.state in ("done", "cached")]
        known = sum(cost for cost in costs if cost is not None)
        at_least = "" if None not in costs else "at least "
        runs = f"{sum(run.ended for run in self._runs.values())} of {self._expected_runs} runs"
        parts = [
            _printable(names.pop()) if len(names) == 1 else "",
            self._loop,
            runs if self._expected_runs > 1 else "",
            f"{len(ended)} of {len(steps)} steps",
            f"{monotonic() - self._began:.1f} s",
            f"{at_least}${known:.2f}" if known else "",
        ]
        return (" · " if self._unicode else " | ").join(part for part in parts if part)


def heard_by(view: LiveView | None) -> Callable[[StreamEvent], None] | None:
    """Who hears the events of a run: the view, if there is one."""
    return None if view is None else view.hear


def _printable(text: str) -> str:
    """Text of vendors as one line that a terminal only shows, and never obeys."""
    return "".join(char if char.isprintable() else " " for char in text)
