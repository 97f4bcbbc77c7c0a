"""Telling tracers what happens: each by itself, so that neither a broken nor a slow one disturbs a run."""

from __future__ import annotations

import logging
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from genblaze.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from genblaze.hookspecs import TraceEvent

__all__ = ["PUBLISHED_METHODS", "NamedTracer", "TracerCalls", "adapt_tracer"]

logger = logging.getLogger("genblaze.plugins")

NamedTracer = tuple[str, "Callable[[TraceEvent], object]"]
"""Name for the log, and the function to call."""

SLOW_SECONDS: Final = 0.1
PUBLISHED_METHODS: Final = ("on_run_start", "on_step_start", "on_event", "on_step_end", "on_run_end")


class TracerCalls:
    """Calls tracers, and remembers which were complained about."""

    def __init__(self) -> None:
        self._raised: set[tuple[str, str]] = set()
        self._slow: set[str] = set()

    def tell(self, event: TraceEvent, tracers: Iterable[NamedTracer]) -> None:
        """Call each tracer in turn.

        Args:
            event: What happened.
            tracers: Name for the log and function for each.
        """
        for name, tracer in tracers:
            started = perf_counter()
            try:
                tracer(event)
            except Exception:  # noqa: BLE001 - a tracer watches the run; it must not be able to break it
                self._complain_of_error(name, event)
            if perf_counter() - started > SLOW_SECONDS and name not in self._slow:
                self._slow.add(name)
                logger.warning(
                    "Tracer %s took %.0f ms for a %s event and holds up the run. Queue its work inside it.",
                    name,
                    1000 * (perf_counter() - started),
                    event.kind,
                )

    def _complain_of_error(self, name: str, event: TraceEvent) -> None:
        kind = event.event.type if event.event is not None else event.kind
        if (name, kind) not in self._raised:
            self._raised.add((name, kind))
            logger.warning(
                "Tracer %s failed on a %s event; further failures are not logged.", name, kind, exc_info=True
            )


def adapt_tracer(tracer: Any) -> NamedTracer:
    """Name and function for a tracer object: one with the published `on_…` methods, or with `trace(event)`.

    Raises:
        PluginError: It has neither.
    """
    name = type(tracer).__name__
    if any(callable(getattr(tracer, method, None)) for method in PUBLISHED_METHODS):
        return name, lambda event: _tell_published(tracer, event)
    if callable(getattr(tracer, "trace", None)):
        return name, tracer.trace
    msg = f"{name} is no tracer: it needs a method trace(event), or one of {', '.join(PUBLISHED_METHODS)}."
    raise PluginError(msg)


def _tell_published(tracer: Any, event: TraceEvent) -> None:
    """Call the published method for the kind of event, if the tracer has it."""
    method, positional, named = _published_call(event)
    function = getattr(tracer, method, None)
    if function is not None:
        function(*positional, **named)


def _published_call(event: TraceEvent) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    match event.kind:
        case "run.start":
            named = {
                "tenant_id": event.tenant_id,
                "total_steps": event.total_steps,
                "metadata": event.metadata,
            }
            return "on_run_start", (event.run_id, event.name), named
        case "step.start":
            where = {"step_index": event.step_index, "total_steps": event.total_steps}
            return "on_step_start", (event.run_id, event.step), where
        case "event":
            return "on_event", (event.event,), {}
        case "step.end":
            times = {"duration_ms": event.duration_ms, "step_index": event.step_index}
            return "on_step_end", (event.run_id, event.step), times
        case "run.end":
            return "on_run_end", (event.run_id, event.result), {}
