"""What genblaze loads: the hooks of the plugin, and no heavy import."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from genblaze import Capability, hookimpl

if TYPE_CHECKING:
    from genblaze.hookspecs import TraceEvent
    from genblaze_acme_watch.tracer import AcmeWatchTracer


@hookimpl
def provides() -> Iterable[Capability]:
    """One tracer, by the name that the setting `tracers` uses."""
    return [Capability(hook="trace", key="acme-watch", summary="Acme Watch: a line of JSON for each step and run")]


@hookimpl
def trace(event: TraceEvent) -> None:
    """Pass the event on."""
    event.tell(_tracer())


@cache
def _tracer() -> AcmeWatchTracer:
    from genblaze_acme_watch.tracer import AcmeWatchTracer

    return AcmeWatchTracer(os.environ.get("ACME_WATCH_FILE", "acme-watch.jsonl"))
