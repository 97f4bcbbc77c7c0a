"""The tracer `log`: `tracers = ["log"]` in the configuration logs every run as JSON lines."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from genblaze.capabilities import Capability
from genblaze.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from genblaze.hookspecs import TraceEvent
    from genblaze.tracing import LoggingTracer


@hookimpl
def provides() -> Iterable[Capability]:
    """One tracer."""
    return [Capability(hook="trace", key="log", summary="Logs runs as JSON lines")]


@hookimpl
def trace(event: TraceEvent) -> None:
    """Write the event's line."""
    event.tell(_tracer())


@cache
def _tracer() -> LoggingTracer:
    from genblaze.tracing import LoggingTracer

    return LoggingTracer()
