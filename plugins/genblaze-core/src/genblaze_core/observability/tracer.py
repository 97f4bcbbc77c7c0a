"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.tracing import CompositeTracer, LoggingTracer, NoOpTracer, Tracer

__all__ = ["CompositeTracer", "LoggingTracer", "NoOpTracer", "Tracer"]
