"""Traces and metrics of genblaze runs for OpenTelemetry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze.lazy import loads_at_first_use

if TYPE_CHECKING:
    from genblaze_otel.span import StepSpan as StepSpan
    from genblaze_otel.tracer import OTelTracer as OTelTracer

__all__ = ["OTelTracer", "StepSpan"]

__getattr__, __dir__, _ = loads_at_first_use(
    __name__,
    {
        "genblaze_otel.span": "StepSpan",
        "genblaze_otel.tracer": "OTelTracer",
    },
)
