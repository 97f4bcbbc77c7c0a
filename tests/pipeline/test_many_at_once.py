"""Hundreds of steps and dozens of streams at once: all really under way, none mixed up, nothing left of any."""

import asyncio
import threading
import time

import pytest
from sample_pipelines import pipeline_in

from genblaze import Asset, ProviderError, ProviderErrorCode, StepCache, StepStatus, SyncProvider, threads

STEPS = 500
THREADS = 100
#: Seconds that anything here may take on the busiest machine; what is right takes a hundredth of it.
PATIENCE = 60


def output():
    return Asset(url="https://vendor.test/a.png", media_type="image/png", sha256="0" * 64)


def own_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("genblaze")]


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()


class Together(SyncProvider):
    """Answers when as many calls as there are steps have begun; none before."""

    name = "together"

    def __init__(self, number):
        super().__init__()
        self.number, self.begun, self.cancelled = number, 0, 0
        self.all_begun = asyncio.Event()

    async def generate(self, step, config=None):
        self.begun += 1
        if self.begun == self.number:
            self.all_begun.set()
        try:
            await self.all_begun.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        step.assets = [output()]
        return step


class Abreast(SyncProvider):
    """The same with `def`: calls wait for each other in groups, or until they are released."""

    name = "abreast"

    def __init__(self, group):
        super().__init__()
        self.barrier = threading.Barrier(group)
        self.under_way = self.most = 0
        self._lock = threading.Lock()

    def generate(self, step, config=None):
        with self._lock:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        try:
            self.barrier.wait(PATIENCE)
        except threading.BrokenBarrierError:
            pass
        finally:
            with self._lock:
                self.under_way -= 1
        step.assets = [output()]
        return step


def many(folder, provider, **options):
    pipeline = pipeline_in(folder, preflight=False, **options)
    for number in range(STEPS):
        pipeline.step(provider, model="m", prompt=str(number))
    return pipeline


async def test_hundreds_of_async_steps_are_under_way_at_once(tmp_path):
    result = await many(tmp_path, Together(STEPS)).arun(max_concurrency=STEPS, timeout=PATIENCE)
    assert [step.status for step in result.run.steps] == [StepStatus.SUCCEEDED] * STEPS


def test_a_hundred_def_steps_are_under_way_at_once_and_never_more(tmp_path):
    provider = Abreast(THREADS)
    result = many(tmp_path, provider).run(max_concurrency=THREADS, timeout=PATIENCE)
    assert [step.status for step in result.run.steps] == [StepStatus.SUCCEEDED] * STEPS
    assert provider.most == THREADS


class Refusing(SyncProvider):
    """Fails before it waits for anything."""

    name = "refusing"

    async def generate(self, step, config=None):
        raise ProviderError("no", error_code=ProviderErrorCode.INVALID_INPUT)


async def test_a_step_that_fails_at_once_stops_those_that_have_not_begun(tmp_path):
    running = many(tmp_path, Refusing()).arun(max_concurrency=STEPS, raise_on_failure=False)
    result = await asyncio.wait_for(running, PATIENCE)
    assert [step.status for step in result.run.steps] == [StepStatus.FAILED] + [StepStatus.CANCELLED] * (STEPS - 1)


class Busy(SyncProvider):
    """Works for a while without waiting for anything."""

    name = "busy"
    begun = 0

    async def generate(self, step, config=None):
        self.begun += 1
        time.sleep(0.01)  # noqa: ASYNC251 - so it is
        step.assets = [output()]
        return step


async def test_steps_that_wait_for_nothing_can_be_cancelled_all_the_same(tmp_path):
    provider = Busy()
    running = asyncio.create_task(many(tmp_path, provider).arun(max_concurrency=1))
    asyncio.get_running_loop().call_later(0.05, running.cancel)
    with pytest.raises(asyncio.CancelledError):
        await running
    assert provider.begun < STEPS


async def test_cancelling_hundreds_of_async_steps_leaves_nothing(tmp_path):
    before = asyncio.all_tasks()
    provider = Together(STEPS + 1)
    pipeline = many(tmp_path / "out", provider).cache(StepCache(tmp_path / "cache"))
    running = asyncio.create_task(pipeline.arun(max_concurrency=STEPS))
    while provider.begun < STEPS:  # noqa: ASYNC110 - the provider counts, it does not tell
        await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert provider.cancelled == STEPS
    assert asyncio.all_tasks() == before
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_cancelling_hundreds_of_def_steps_leaves_nothing_once_their_calls_return(tmp_path, monkeypatch):
    monkeypatch.setattr(threads, "IDLE_SECONDS", 0.05)
    before = asyncio.all_tasks()
    there = set(own_threads())  # of other tests, on their way to their end
    provider = Abreast(THREADS + 1)
    pipeline = many(tmp_path / "out", provider).cache(StepCache(tmp_path / "cache"))
    running = asyncio.create_task(pipeline.arun(max_concurrency=THREADS))
    while provider.under_way < THREADS:  # noqa: ASYNC110 - what is waited for happens in def code
        await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert asyncio.all_tasks() == before
    assert provider.under_way == THREADS, "the engine waited for calls that nobody wants"
    provider.barrier.abort()
    wait_until(lambda: not set(own_threads()) - there)
    assert provider.most == THREADS
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


KINDS = ["pipeline.started", "step.started", "step.completed", "step.started", "step.completed", "pipeline.completed"]


def own_events(events, run_id):
    """The kinds of events that come once each, all of which must be of this run."""
    assert {event.run_id for event in events} == {run_id}
    return [event.type for event in events if event.type in KINDS]


def shared_pipeline(tmp_path):
    provider = Abreast(32)
    return pipeline_in(tmp_path, preflight=False).step(provider, model="a").step(provider, model="b")


def test_streams_over_one_pipeline_get_their_own_events_only(tmp_path):
    pipeline, seen = shared_pipeline(tmp_path), []

    def read():
        stream = pipeline.stream()
        seen.append((list(stream), stream.run_id))

    readers = [threading.Thread(target=read) for _ in range(32)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(PATIENCE)
    assert len({run_id for _, run_id in seen}) == 32
    assert [own_events(*each) for each in seen] == [KINDS] * 32


async def test_async_streams_over_one_pipeline_get_their_own_events_only(tmp_path):
    pipeline = shared_pipeline(tmp_path)

    async def read():
        return [event async for event in pipeline.astream(max_concurrency=1)]

    seen = await asyncio.gather(*(read() for _ in range(32)))
    assert len({events[0].run_id for events in seen}) == 32
    assert [own_events(events, events[0].run_id) for events in seen] == [KINDS] * 32
