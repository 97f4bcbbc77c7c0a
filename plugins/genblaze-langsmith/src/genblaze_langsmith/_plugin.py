"""The plugin: `tracers = ["langsmith"]` in the configuration traces every run."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from genblaze import Capability, hookimpl

if TYPE_CHECKING:
    from genblaze.hookspecs import TraceEvent
    from genblaze_langsmith.tracer import LangSmithTracer


@hookimpl
def provides() -> Iterable[Capability]:
    """One tracer."""
    return [Capability(hook="trace", key="langsmith", summary="Sends every run to LangSmith")]


@hookimpl
def trace(event: TraceEvent) -> None:
    """Tell the tracer."""
    event.tell(_tracer())


@cache
def _tracer() -> LangSmithTracer:
    from genblaze_langsmith.tracer import LangSmithTracer

    return LangSmithTracer()
