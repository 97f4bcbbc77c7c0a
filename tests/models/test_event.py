"""Events: published names and fields, the wire form and back."""

import json
from datetime import UTC, datetime
from typing import get_args

import pytest

from genblaze.errors import InvalidValueError
from genblaze.models import Step
from genblaze.models.event import (
    AgentCompletedEvent,
    AgentIterationEvaluatedEvent,
    AgentIterationStartedEvent,
    AnyStreamEvent,
    PipelineCancelledEvent,
    PipelineCompletedEvent,
    PipelineFailedEvent,
    PipelineStartedEvent,
    PipelineWarningEvent,
    ProgressEvent,
    StepCancelledEvent,
    StepCompletedEvent,
    StepCompleteEvent,
    StepFailedEvent,
    StepProgressEvent,
    StepQueuedEvent,
    StepRetriedEvent,
    StepStartedEvent,
    StreamEventAdapter,
    StreamEventType,
    parse_event,
)

STEP = {"step_id": "s", "provider": "p", "model": "m"}
PLACED = {**STEP, "run_id": "r", "step_index": 0, "total_steps": 2}

QUEUED = StepQueuedEvent(**PLACED, reason="serial")

EVENTS = [
    PipelineStartedEvent(run_id="r", total_steps=2, message="demo"),
    PipelineCompletedEvent(run_id="r", run_status="completed", manifest_hash="00", result=object()),
    PipelineFailedEvent(run_id="r", message="step 0 failed"),
    PipelineCancelledEvent(run_id="r", message="Ctrl-C"),
    PipelineWarningEvent(run_id="r", code="unprotected", message="no journal"),
    QUEUED,
    StepStartedEvent(**PLACED, expected_duration_sec=3.5),
    StepProgressEvent(**STEP, run_id="r", progress_pct=0.5, data={"status": "running"}, step_index=1),
    StepRetriedEvent(**STEP, phase="poll", attempt=1, max_attempts=3, delay_sec=2.0, error_code="timeout"),
    StepCompletedEvent(**PLACED, elapsed_sec=1.5, step=Step(provider="p", model="m")),
    StepFailedEvent(**PLACED, elapsed_sec=1.5, error="busy"),
    StepCancelledEvent(**PLACED, elapsed_sec=0.0, error="the run was cancelled"),
    AgentIterationStartedEvent(iteration=0, total=3, run_id="r"),
    AgentIterationEvaluatedEvent(iteration=0, passed=False, score=0.25, feedback="darker"),
    AgentCompletedEvent(passed=True, iterations=2, total_cost_usd=0.5),
]


def test_every_type_of_event_is_tried_here():
    assert {type(event) for event in EVENTS} == set(get_args(AnyStreamEvent))
    assert {event.type for event in EVENTS} == set(get_args(StreamEventType))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_the_wire_form_is_plain_and_can_be_read_again(event):
    wire = event.to_dict()
    assert wire["type"] == event.type
    assert wire["timestamp"].endswith("Z")
    assert None not in wire.values()
    assert not {"result", "step"} & set(wire)
    again = parse_event(json.dumps(wire))
    assert type(again) is type(event)
    assert again.to_dict() == wire
    assert parse_event(wire) == again


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_every_event_can_name_its_run(event):
    assert hasattr(event, "run_id")


def test_live_objects_stay_in_the_process():
    result = object()
    event = PipelineCompletedEvent(run_id="r", result=result)
    assert event.result is result
    assert "result" not in event.model_dump()
    assert "result" not in event.model_dump(mode="json")


def test_events_cannot_be_changed():
    with pytest.raises(AttributeError):
        EVENTS[0].run_id = "other"


@pytest.mark.parametrize(
    ("given", "kept"), [(42, 1.0), (-1, 0.0), (float("nan"), None), (float("inf"), 1.0), (0.5, 0.5), (None, None)]
)
def test_a_strange_progress_is_brought_into_range(given, kept):
    assert StepProgressEvent(**STEP, progress_pct=given).progress_pct == kept


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"type": "step.exploded"}, "no event of type 'step.exploded'; the types are pipeline.started"),
        ({}, "no event of type None"),
        ({"type": ["x"]}, "no event of type"),
        (5, "no event"),
        (b"{", "JSON"),
        ({"type": "step.started"}, "missing required field"),
        ({**QUEUED.to_dict(), "step_index": -1}, r"\$\.step_index"),
        ({**QUEUED.to_dict(), "reason": "bored"}, "reason"),
    ],
)
def test_what_is_no_event_is_refused(data, complaint):
    with pytest.raises(InvalidValueError, match=complaint):
        parse_event(data)


def test_fields_of_a_newer_sender_are_ignored():
    assert parse_event({**EVENTS[0].to_dict(), "colour": "red"}) == parse_event(EVENTS[0].to_dict())


def test_a_missing_field_is_a_value_error():
    with pytest.raises(InvalidValueError, match="run_id"):
        PipelineStartedEvent(total_steps=1)


def test_the_adapter_reads_and_writes_under_its_published_methods():
    event = EVENTS[0]
    assert StreamEventAdapter.validate_python(event) is event
    assert StreamEventAdapter.validate_python(event.model_dump()) == event
    assert StreamEventAdapter.validate_json(StreamEventAdapter.dump_json(event)) == event
    assert StreamEventAdapter.dump_python(event, mode="json")["type"] == "pipeline.started"


def test_events_take_the_time_they_are_given():
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    assert PipelineStartedEvent(run_id="r", total_steps=0, timestamp=moment).to_dict()["timestamp"] == (
        "2026-01-02T00:00:00Z"
    )


def test_callback_events_take_the_published_positions():
    progress = ProgressEvent("s", "p", "m", "running", 0.5, 1.5, "almost", "http://x", "job", True)
    assert (progress.elapsed_sec, progress.message, progress.is_heartbeat) == (1.5, "almost", True)
    step = Step(provider="p", model="m")
    assert StepCompleteEvent(0, 2, step, 1.5).step is step
