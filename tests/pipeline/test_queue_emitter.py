"""`QueueEmitter` and `attach_emitter` of the published shape: events of runs in a queue of one's own."""

import asyncio
import queue

import pytest

from genblaze import ProgressEvent, Step, StepCompleteEvent
from genblaze.models.event import StepProgressEvent
from genblaze.pipeline.queue_emitter import QueueEmitter


def taken(events):
    found = []
    while not events.empty():
        found.append(events.get_nowait())
    return found


def test_an_attached_emitter_hears_every_run_until_another_takes_its_place(new, painter):
    events = queue.Queue()
    emitter = QueueEmitter(events)
    pipeline = new().step(painter, model="m", prompt="a fox")
    assert pipeline.attach_emitter(emitter) is None
    result = pipeline.run()
    heard = taken(events)
    assert [event.type for event in heard if event.type != "step.progress"] == [
        "pipeline.started",
        "step.started",
        "step.completed",
        "pipeline.completed",
    ]
    assert {event.run_id for event in heard} == {result.run.run_id}
    assert pipeline.attach_emitter(None) is emitter
    pipeline.run()
    assert events.empty()


def test_a_closed_emitter_puts_nothing_more():
    events = queue.Queue()
    emitter = QueueEmitter(events)
    emitter.put("a mark")
    emitter.close()
    emitter.put("another")
    assert taken(events) == ["a mark"]


def test_a_full_queue_loses_the_event_and_says_so(caplog):
    events = queue.Queue(maxsize=1)
    emitter = QueueEmitter(events)
    emitter.put("one")
    emitter.put("two")
    assert taken(events) == ["one"]
    assert "full" in caplog.text


@pytest.mark.parametrize("heartbeats", [True, False])
def test_heartbeats_are_put_only_where_they_are_wanted(heartbeats):
    events = queue.Queue()
    emitter = QueueEmitter(events, include_heartbeats=heartbeats)
    emitter.put(StepProgressEvent(step_id="s", provider="p", model="m", elapsed_sec=1.0, is_heartbeat=True))
    assert events.empty() is not heartbeats


def test_callbacks_of_the_published_shape_become_events():
    events = queue.Queue()
    emitter = QueueEmitter(events, "r")
    emitter.on_progress(ProgressEvent("s", "p", "m", "processing", 0.5, 1.0))
    for status in ("succeeded", "failed"):
        step = Step(provider="p", model="m", status=status, error=None if status == "succeeded" else "no")
        emitter.on_step_complete(StepCompleteEvent(0, 1, step, 2.0))
    progress, completed, failed = taken(events)
    assert (progress.run_id, progress.progress_pct, progress.data) == ("r", 0.5, {"status": "processing"})
    assert (completed.type, completed.run_id, completed.step.model) == ("step.completed", "r", "m")
    assert (failed.type, failed.error) == ("step.failed", "no")


async def test_a_queue_of_the_event_loop_is_filled_from_any_thread(new, painter):
    events = asyncio.Queue()
    pipeline = new().step(painter, model="m", prompt="a fox")
    pipeline.attach_emitter(QueueEmitter(events))
    await asyncio.to_thread(pipeline.run)
    first = await asyncio.wait_for(events.get(), 60)
    assert first.type == "pipeline.started"
