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
    StepQueuedEvent,
    StepRetriedEvent,
    StepStartedEvent,
    StreamEvent,
    StreamEventAdapter,
    StreamEventType,
)

__all__ = [
    "AgentCompletedEvent",
    "AgentIterationEvaluatedEvent",
    "AgentIterationStartedEvent",
    "AnyStreamEvent",
    "PipelineCompletedEvent",
    "PipelineFailedEvent",
    "PipelineStartedEvent",
    "StepCompletedEvent",
    "StepFailedEvent",
    "StepProgressEvent",
    "StepQueuedEvent",
    "StepRetriedEvent",
    "StepStartedEvent",
    "StreamEvent",
    "StreamEventAdapter",
    "StreamEventType",
]
