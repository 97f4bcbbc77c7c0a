"""Events: in order, once, with the run's id, to streams, callbacks and tracers; no listener disturbs a run."""

import json
import threading
import time

import pytest
from sample_pipelines import NOW, AsyncPainter, Painter, Queue

from genblaze import PipelineError, PluginError, ProviderError, ProviderErrorCode, StepCache, Tracer
from genblaze.models.event import AgentIterationEvaluatedEvent, StepProgressEvent
from genblaze.pipeline import stream as streams


def kinds(events):
    return [event.type for event in events]


def test_two_steps_in_order_give_the_published_events(new, painter):
    events = list(new("name").step(painter, model="a").step(painter, model="b").stream())
    assert [kind for kind in kinds(events) if kind != "step.progress"] == [
        "pipeline.started",
        "step.queued",
        "step.started",
        "step.completed",
        "step.started",
        "step.completed",
        "pipeline.completed",
    ]
    started, queued = events[0], events[1]
    assert (started.total_steps, started.message) == (2, "name")
    assert (queued.step_index, queued.reason) == (1, "serial")
    assert len({event.run_id for event in events}) == 1
    end = events[-1]
    assert (end.run_status, end.manifest_hash) == ("completed", end.result.manifest.canonical_hash)


def test_a_failed_run_ends_with_why(new, folder):
    painter = Painter(folder, errors=[ProviderError("no foxes", error_code=ProviderErrorCode.CONTENT_POLICY)])
    events = list(new().step(painter, model="a").step(painter, model="b").stream())
    assert kinds(events)[-3:] == ["step.failed", "step.cancelled", "pipeline.failed"]
    assert (events[-3].error, events[-1].message) == ("no foxes", "no foxes")
    assert (events[-2].step_index, events[-2].elapsed_sec) == (1, 0.0)
    assert events[-1].result.run.steps[1].status == "cancelled"


def test_the_elapsed_time_is_the_steps_own(new, folder):
    painter = Painter(folder, seconds=0.2)
    heard, started = [], time.monotonic()
    events = list(new().step(painter, model="a").step(painter, model="b").stream(on_step_complete=heard.append))
    completed = [event for event in events if event.type == "step.completed"]
    assert all(event.elapsed_sec >= 0.2 for event in completed)
    assert sum(event.elapsed_sec for event in completed) < time.monotonic() - started
    assert [event.elapsed_sec for event in heard] == [event.elapsed_sec for event in completed]


def test_progress_comes_with_its_step_and_job(new, folder):
    events = list(new().step(Queue(folder, polls=3), model="m").stream())
    progress = [event for event in events if event.type == "step.progress"]
    statuses = [event.data["status"] for event in progress]
    assert statuses[0] == "submitted"
    assert statuses.count("processing") == 2
    assert statuses[-1] == "succeeded"
    assert {event.step_index for event in progress} == {0}
    assert {event.request_id for event in progress} == {None, "job-1"}


def test_events_are_json_without_objects_of_the_process(new, painter):
    for event in new().step(painter, model="m").stream():
        data = json.loads(json.dumps(event.to_dict()))
        assert data["type"] == event.type
        assert not {"step", "result"} & data.keys()
        assert None not in data.values()


def test_events_come_as_they_happen(new, folder):
    times = {}
    for event in new().step(Painter(folder, seconds=0.3), model="m").stream():
        times.setdefault(event.type, time.monotonic())
    assert times["step.completed"] - times["step.started"] > 0.25


def test_many_streams_over_one_pipeline_do_not_mix(new, folder):
    painter = AsyncPainter(folder, seconds=0.02)
    pipeline = new().step(painter, model="a").step(painter, model="b")
    heard = {}

    def read():
        stream = pipeline.stream()
        heard[stream.run_id] = (list(stream), stream.result)

    readers = [threading.Thread(target=read) for _ in range(32)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(20)
    assert len(heard) == 32
    for run_id, (events, result) in heard.items():
        assert {event.run_id for event in events} == {run_id}
        assert result.run.run_id == run_id
        assert kinds(events).count("step.completed") == 2


def test_a_slow_reader_misses_progress_and_nothing_else(new, folder, monkeypatch):
    monkeypatch.setattr(streams, "MAX_UNREAD", 10)

    class Chatty(Queue):
        poll_interval = 0

    chatty = Chatty(folder, polls=200)
    stream = new().step(chatty, model="m").stream()
    events = [next(stream)]
    while "fetch" not in chatty.log:
        time.sleep(0.01)
    events += stream
    assert 0 < kinds(events).count("step.progress") < 50
    assert [kind for kind in kinds(events) if kind != "step.progress"] == [
        "pipeline.started",
        "step.started",
        "step.completed",
        "pipeline.completed",
    ]


async def test_the_async_stream_gives_the_same_events(new, painter):
    pipeline = new().step(painter, model="m")
    events = [event async for event in pipeline.astream()]
    assert kinds(events) == kinds(pipeline.stream())
    assert len({event.run_id for event in events}) == 1


def test_a_stream_that_is_told_to_raise_does_so_after_its_last_event(new, folder):
    painter = Painter(folder, errors=[ValueError("no")])
    heard = []
    with pytest.raises(PipelineError, match="no") as failed:
        heard.extend(event.type for event in new().step(painter, model="m").stream(raise_on_failure=True))
    assert failed.value.result.run.status == "failed"


def test_nothing_starts_before_the_first_event_is_wanted(new, painter):
    stream = new().step(painter, model="m").stream()
    time.sleep(0.05)
    assert painter.calls == 0
    next(stream)
    stream.close()


def test_heartbeats_can_be_left_out(new, folder, monkeypatch):
    from genblaze import driver

    monkeypatch.setattr(driver, "HEARTBEAT_SEC", 0.02)

    class Patient(Queue):
        poll_interval = 0.2

    pipeline = new().step(Patient(folder), model="m")
    assert any(getattr(event, "is_heartbeat", False) for event in pipeline.stream())
    assert not any(getattr(event, "is_heartbeat", False) for event in pipeline.stream(heartbeats=False))


@pytest.mark.parametrize("callback", ["on_progress", "on_retry", "on_step_complete"])
def test_a_callback_that_raises_does_no_harm(new, folder, callback, caplog):
    def fail(*told):
        raise RuntimeError("mine")

    error = ProviderError("x", error_code=ProviderErrorCode.TIMEOUT)
    painter = Painter(folder, errors=[error])
    assert new().step(painter, model="m").run(max_retries=1, **{callback: fail}).ok
    assert "callback" in caplog.text


def test_callbacks_run_in_the_callers_thread(new, folder):
    threads = set()

    def hear(*told):
        threads.add(threading.get_ident())

    pipeline = new().step(Queue(folder), model="m")
    pipeline.run(on_progress=hear, on_step_complete=hear)
    assert threads == {threading.get_ident()}


def test_a_tracer_of_the_published_shape_gets_every_call(new, painter):
    calls = []

    class Mine(Tracer):
        def on_run_start(self, run_id, name, *, tenant_id=None, total_steps=None, metadata):
            calls.append(("run.start", run_id, name, tenant_id, total_steps, metadata))

        def on_step_start(self, run_id, step, *, step_index, total_steps):
            calls.append(("step.start", run_id, step.model, step_index, total_steps))

        def on_event(self, event):
            calls.append((event.type, event.run_id))

        def on_step_end(self, run_id, step, *, duration_ms, step_index):
            calls.append(("step.end", run_id, step.status, step_index, duration_ms >= 0))

        def on_run_end(self, run_id, result):
            calls.append(("run.end", run_id, result.run.status))

    run = new("n", tenant_id="t", tracer=Mine()).metadata(a=1).step(painter, model="m").run().run
    told = [call for call in calls if call[0] != "step.progress"]
    assert {call[1] for call in calls} == {run.run_id}
    assert [call[0] for call in told] == [
        "run.start",
        "pipeline.started",
        "step.start",
        "step.started",
        "step.end",
        "step.completed",
        "run.end",
        "pipeline.completed",
    ]
    assert told[0][2:] == ("n", "t", 1, {"a": 1})


def test_a_tracer_that_raises_or_lacks_methods_does_no_harm(new, painter, caplog):
    class Broken:
        def on_event(self, event):
            raise RuntimeError("mine")

    pipeline = new(tracer=Broken()).step(painter, model="m")
    assert pipeline.run().ok
    assert "Tracer Broken failed" in caplog.text


def test_a_tracer_older_than_metadata_hears_the_run_begin(new, painter):
    heard = []

    class Older(Tracer):
        def on_run_start(self, run_id, name, *, tenant_id=None, total_steps=None):
            heard.append((run_id, name, total_steps))

    run = new("n", tracer=Older()).step(painter, model="m").run().run
    assert heard == [(run.run_id, "n", 1)]


def test_what_is_no_tracer_is_refused_before_anything_runs(new, painter):
    with pytest.raises(PluginError, match="int is no tracer"):
        new(tracer=3).step(painter, model="m").run()
    assert painter.calls == 0


def test_a_cached_step_says_so(new, painter, tmp_path):
    pipeline = new().step(painter, model="m").cache(StepCache(tmp_path / "cache"))
    first, again = ([event for event in pipeline.stream() if event.type == "step.completed"] for _ in range(2))
    assert [event.to_dict().get("cached") for event in (*first, *again)] == [None, True]


def test_callbacks_are_told_the_run_and_the_step(new, folder):
    error = ProviderError("x", error_code=ProviderErrorCode.TIMEOUT)
    heard = []
    pipeline = new().step(Painter(folder, errors=[error], retry_policy=NOW), model="m")
    callbacks = dict.fromkeys(("on_progress", "on_retry", "on_step_complete"), heard.append)
    run = pipeline.run(**callbacks).run
    assert {type(told).__name__ for told in heard} == {"ProgressEvent", "StepRetriedEvent", "StepCompleteEvent"}
    assert {(told.run_id, told.step_index) for told in heard} == {(run.run_id, 0)}


def test_secrets_in_a_providers_message_do_not_travel(new, folder):
    class Telltale(Queue):
        def poll_progress(self, prediction_id):
            return {"message": "with sk-abcdefghijklmnopqrstuvwx", "progress_pct": 0.5}

    events = list(new().step(Telltale(folder), model="m").stream())
    told = [event.message for event in events if event.type == "step.progress" and event.message]
    assert told
    assert not any("abcdefghij" in message for message in told)


def test_numbers_that_json_does_not_know_are_left_out():
    event = AgentIterationEvaluatedEvent(iteration=0, passed=False, score=float("nan"))
    assert "score" not in event.to_dict()
    odd = StepProgressEvent(step_id="s", provider="p", model="m", data={"a": [float("inf"), 1.5]})
    assert json.loads(json.dumps(odd.to_dict(), allow_nan=False))["data"] == {"a": [None, 1.5]}
