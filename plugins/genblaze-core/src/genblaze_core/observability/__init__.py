"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.models.event import (
    AgentCompletedEvent,
    AgentIterationEvaluatedEvent,
    AgentIterationStartedEvent,
    AnyStreamEvent,
    PipelineCompletedEvent,
    PipelineFailedEvent,
    PipelineStartedEvent,
    StepCompletedEvent,
    StepFailedEvent,
    StepProgressEvent,
    StepStartedEvent,
    StreamEvent,
    StreamEventAdapter,
    StreamEventType,
)
from genblaze.tracing import CompositeTracer, LoggingTracer, NoOpTracer, StructuredLogger, Tracer
from genblaze_otel import OTelTracer, StepSpan

__all__ = [
    "AgentCompletedEvent",
    "AgentIterationEvaluatedEvent",
    "AgentIterationStartedEvent",
    "AnyStreamEvent",
    "CompositeTracer",
    "LoggingTracer",
    "NoOpTracer",
    "OTelTracer",
    "PipelineCompletedEvent",
    "PipelineFailedEvent",
    "PipelineStartedEvent",
    "StepCompletedEvent",
    "StepFailedEvent",
    "StepProgressEvent",
    "StepSpan",
    "StepStartedEvent",
    "StreamEvent",
    "StreamEventAdapter",
    "StreamEventType",
    "StructuredLogger",
    "Tracer",
]
