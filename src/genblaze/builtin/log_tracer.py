"""The tracer `log`: `tracers = ["log"]` in the configuration logs every run as JSON lines."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from genblaze.capabilities import Capability
from genblaze.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from genblaze.hookspecs import TraceEvent


@hookimpl
def provides() -> Iterable[Capability]:
    """One tracer."""
    return [Capability(hook="trace", key="log", summary="Logs runs as JSON lines")]


@hookimpl
def trace(event: TraceEvent) -> None:
    """Write the event's line."""
    _tracer()(event)


@cache
def _tracer() -> Callable[[Any], object]:
    from genblaze.plugins.tracers import adapt_tracer
    from genblaze.tracing import LoggingTracer

    return adapt_tracer(LoggingTracer())[1]
