"""The plugin: `tracers = ["otel"]` in the configuration traces every run."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from genblaze import Capability, hookimpl

if TYPE_CHECKING:
    from genblaze.hookspecs import TraceEvent
    from genblaze_otel.tracer import OTelTracer


@hookimpl
def provides() -> Iterable[Capability]:
    """One tracer."""
    return [Capability(hook="trace", key="otel", summary="OpenTelemetry traces and metrics of every run")]


@hookimpl
def trace(event: TraceEvent) -> None:
    """Tell the tracer."""
    event.tell(_tracer())


@cache
def _tracer() -> OTelTracer:
    from genblaze_otel.tracer import OTelTracer

    return OTelTracer()
