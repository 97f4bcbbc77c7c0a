"""Traces of genblaze runs for LangSmith."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze.lazy import loads_at_first_use

if TYPE_CHECKING:
    from genblaze_langsmith.tracer import LangSmithTracer as LangSmithTracer

__all__ = ["LangSmithTracer"]

__getattr__, __dir__, _ = loads_at_first_use(
    __name__,
    {
        "genblaze_langsmith.tracer": "LangSmithTracer",
    },
)
