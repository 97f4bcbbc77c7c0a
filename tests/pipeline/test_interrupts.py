"""Ctrl-C and leaving early: vendors are told, KeyboardInterrupt arrives, nothing delays the exit."""

import asyncio
import gc
import threading
import time

import pytest
from sample_pipelines import AsyncPainter, AsyncQueue, Painter, Queue, interrupt, start_script

from genblaze import StepStatus

PREAMBLE = """
import asyncio, sys, threading, time
from sample_pipelines import AsyncPainter, AsyncQueue, Painter, Queue, pipeline_in
def new(**options): return pipeline_in("out", **options)
def ready(*_): print("ready", flush=True)
def said(text): print(text, flush=True)
"""

TELLING = """
class Telling({base}):
    def poll(self, prediction_id, config=None):
        if not self.told("poll"): ready()
        return super().poll(prediction_id, config)
    {how}def cancel(self, prediction_id):
        {wait}
        said("cancelled " + prediction_id)
"""


def press(code, tmp_path, **options):
    process = start_script(PREAMBLE + code, tmp_path)
    out, err, seconds = interrupt(process, **options)
    return process.returncode, out, err, seconds


@pytest.mark.slow
@pytest.mark.parametrize(("how", "wait"), [("", "time.sleep(0.5)"), ("async ", "await asyncio.sleep(0.5)")])
@pytest.mark.parametrize("base", ["Queue", "AsyncQueue"])
def test_ctrl_c_waits_until_the_vendor_was_told(tmp_path, how, wait, base):
    telling = TELLING.format(base=base, how=how, wait=wait)
    if base == "AsyncQueue":
        telling = telling.replace("    def poll", "    async def poll").replace(
            "return super().poll", "return await super().poll"
        )
    code = telling + "\nnew().step(Telling('out', polls=10**6), model='m').run()"
    returncode, out, err, seconds = press(code, tmp_path)
    assert "cancelled job-1" in out
    assert err.rstrip().endswith("KeyboardInterrupt")
    assert returncode in (-2, 130)
    assert seconds < 15


@pytest.mark.slow
def test_ctrl_c_does_not_wait_for_a_def_provider(tmp_path):
    code = """
class Slow(Painter):
    def generate(self, step, config=None):
        ready()
        time.sleep(30)
new().step(Slow("out"), model="m").run()
"""
    returncode, _, err, seconds = press(code, tmp_path)
    assert returncode in (-2, 130)
    assert err.rstrip().endswith("KeyboardInterrupt")
    assert seconds < 15


@pytest.mark.slow
def test_ctrl_c_reaches_a_run_inside_a_running_event_loop(tmp_path):
    code = (
        TELLING.format(base="Queue", how="", wait="time.sleep(0.2)")
        + """
async def notebook():
    new().step(Telling('out', polls=10**6), model='m').run()
try:
    asyncio.run(notebook())
except KeyboardInterrupt:
    said("interrupted")
    sys.exit(7)
"""
    )
    returncode, out, _, seconds = press(code, tmp_path)
    assert returncode == 7
    assert out.index("cancelled job-1") < out.index("interrupted")
    assert seconds < 15


@pytest.mark.slow
@pytest.mark.parametrize("loop", [False, True])
def test_a_second_ctrl_c_does_not_wait_for_the_vendor(tmp_path, loop):
    code = TELLING.format(base="Queue", how="", wait="time.sleep(20)")
    run = "new().step(Telling('out', polls=10**6), model='m').run()"
    code += f"\nasync def notebook(): {run}\nasyncio.run(notebook())" if loop else f"\n{run}"
    returncode, out, err, seconds = press(code, tmp_path, times=2)
    assert returncode in (-2, 130)
    assert "cancelled" not in out
    assert err.rstrip().endswith("KeyboardInterrupt")
    assert seconds < 15


@pytest.mark.slow
@pytest.mark.parametrize("where", ["waiting", "body"])
def test_ctrl_c_while_streaming_cancels_the_run(tmp_path, where):
    telling = TELLING.format(base="Queue", how="", wait="time.sleep(0.2)")
    if where == "body":
        telling = telling.replace('if not self.told("poll"): ready()', "pass")
    body = "ready(); time.sleep(20)" if where == "body" else "pass"
    code = (
        telling
        + f"""
for event in new().step(Telling('out', polls=10**6), model='m').stream():
    if event.type == 'step.progress' and event.request_id: {body}
"""
    )
    returncode, out, err, seconds = press(code, tmp_path)
    assert returncode in (-2, 130)
    assert "cancelled job-1" in out
    assert err.rstrip().endswith("KeyboardInterrupt")
    assert seconds < 15


@pytest.mark.slow
def test_a_hanging_def_provider_does_not_delay_the_exit_after_a_timeout(tmp_path):
    code = """
class Slow(Painter):
    def generate(self, step, config=None):
        time.sleep(30)
result = new().step(Slow("out"), model="m").run(timeout=0.2, raise_on_failure=False)
said(result.run.steps[0].error_code)
asyncio.run(new().step(Slow("out"), model="m").arun(timeout=0.2, raise_on_failure=False))
"""
    started = time.monotonic()
    process = start_script(PREAMBLE + code, tmp_path)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out.strip(), err) == (0, "timeout", "")
    assert time.monotonic() - started < 20


def test_leaving_a_stream_early_cancels_the_run(new, folder):
    queue = Queue(folder, polls=10**6)
    for event in new().step(queue, model="m").stream():
        if event.type == "step.progress" and event.request_id:
            break
    del event
    gc.collect()
    assert queue.told("cancel job-1")


def test_closing_a_stream_cancels_the_run(new, folder):
    queue = Queue(folder, polls=10**6)
    with new().step(queue, model="m").stream() as stream:
        while "poll" not in queue.log:
            next(stream)
    assert queue.told("cancel job-1")


def test_a_detached_stream_lets_the_run_finish(new, folder):
    queue = Queue(folder, polls=5)
    for event in new().step(queue, model="m").stream(detach=True):
        if event.type == "step.started":
            break
    deadline = time.monotonic() + 5
    while "fetch" not in queue.log and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "fetch" in queue.log
    assert not queue.told("cancel job-1")


async def test_leaving_an_async_stream_early_cancels_the_run(new, folder):
    queue = AsyncQueue(folder, polls=10**6)
    before = asyncio.all_tasks()
    stream = new().step(queue, model="m").astream()
    async for event in stream:
        if event.type == "step.progress" and event.request_id:
            break
    await stream.aclose()
    assert queue.told("cancel job-1")
    assert asyncio.all_tasks() == before


async def test_cancelling_arun_tells_vendors_and_leaves_no_task(new, folder):
    queue, painter = AsyncQueue(folder, polls=10**6), AsyncPainter(folder, seconds=30)
    before = asyncio.all_tasks()
    running = asyncio.create_task(new().step(queue, model="m").step(painter, model="m").arun())
    while "poll" not in queue.log or not painter.seen:  # noqa: ASYNC110 - what is waited for happens in def code
        await asyncio.sleep(0.005)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert queue.told("cancel job-1")
    assert painter.cancelled == 1
    assert asyncio.all_tasks() == before


async def test_a_wait_for_around_arun_ends_in_time(new, folder):
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(new().step(Painter(folder, seconds=30), model="m").arun(), 0.2)
    assert time.monotonic() - started < 15


async def test_a_cancelled_run_is_told_to_tracers_with_its_finished_steps(new, folder):
    ended = []

    class Tracer:
        def on_run_end(self, run_id, result):
            ended.append(result)

    pipeline = (
        new(tracer=Tracer()).step(Painter(folder), model="quick").step(AsyncQueue(folder, polls=10**6), model="m")
    )
    running = asyncio.create_task(pipeline.arun(max_concurrency=1))
    while "poll" not in pipeline.steps[1].provider.log:  # noqa: ASYNC110 - what is waited for happens in def code
        await asyncio.sleep(0.005)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    result = ended[0]
    assert result.run.status == "cancelled"
    assert [step.status for step in result.run.steps] == [StepStatus.SUCCEEDED, StepStatus.CANCELLED]
    assert result.deliveries.embedded


def test_cancelling_a_batch_stops_every_item(new, folder):
    async def main():
        queue = AsyncQueue(folder, polls=10**6)
        running = asyncio.create_task(new().step(queue, model="m").abatch_run(["a", "b", "c"], max_concurrency=2))
        while len(queue.jobs) < 2:  # noqa: ASYNC110 - what is waited for happens in def code
            await asyncio.sleep(0.005)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return queue

    queue = asyncio.run(main())
    assert queue.told("cancel job-1")
    assert queue.told("cancel job-2")
    assert len(queue.jobs) == 2


def test_threads_that_streams_made_end_with_them(new, painter):
    pipeline = new().step(painter, model="m")
    list(pipeline.stream())
    assert not [thread for thread in threading.enumerate() if thread.name == "genblaze-engine"]
