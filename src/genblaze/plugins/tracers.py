"""Telling tracers what happens: each by itself, so that neither a broken nor a slow one disturbs a run."""

from __future__ import annotations

import logging
from functools import partial
from inspect import signature
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
        return name, partial(_tell_published, tracer)
    if callable(getattr(tracer, "trace", None)):
        return name, tracer.trace
    msg = f"{name} is no tracer: it needs a method trace(event), or one of {', '.join(PUBLISHED_METHODS)}."
    raise PluginError(msg)


def _tell_published(tracer: object, event: TraceEvent) -> None:
    """Make the published call; a tracer whose `on_run_start` is older than `metadata` is called without it."""
    if event.kind == "run.start" and not _takes(getattr(tracer, "on_run_start", None), "metadata"):
        tracer.on_run_start(  # type: ignore[attr-defined]  # it is there, and takes something else
            event.run_id, event.name, tenant_id=event.tenant_id, total_steps=event.total_steps
        )
    else:
        event.tell(tracer)


def _takes(function: Callable[..., object] | None, keyword: str) -> bool:
    """Whether a function can be called with a keyword, as far as that can be told; one that is missing counts."""
    if function is None:
        return True
    try:
        parameters = signature(function).parameters
    except (TypeError, ValueError):
        return True
    return keyword in parameters or any(each.kind is each.VAR_KEYWORD for each in parameters.values())
