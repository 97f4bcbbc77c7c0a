"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.tracing import CompositeTracer, LoggingTracer, NoOpTracer, Tracer
from genblaze_otel import OTelTracer

__all__ = ["CompositeTracer", "LoggingTracer", "NoOpTracer", "OTelTracer", "Tracer"]
