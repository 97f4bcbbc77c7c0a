"""Traces of genblaze runs for Acme Watch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genblaze_acme_watch.tracer import AcmeWatchTracer as AcmeWatchTracer

__all__ = ["AcmeWatchTracer"]


def __getattr__(name: str) -> Any:  # genblaze imports this package to find its hooks, so it stays cheap
    if name == "AcmeWatchTracer":
        from genblaze_acme_watch.tracer import AcmeWatchTracer

        return AcmeWatchTracer
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
