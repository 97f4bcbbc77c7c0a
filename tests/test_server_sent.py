"""Server-sent events: read as the standard says, kept alive, and a client who leaves stops the run, if so wanted."""

import asyncio
import json
import threading
import time
from contextlib import contextmanager

import pytest
from sample_pipelines import AsyncPainter, Painter, pipeline_in

from genblaze import GenblazeError, sse
from genblaze.models.event import PipelineStartedEvent
from genblaze.server_sent import HEARTBEAT

PATIENCE_SEC = 30


def received(stream):
    """What a browser makes of a stream: WHATWG HTML, 9.2.6, "Interpreting an event stream"."""
    events, last_id, kind, data = [], "", "", []
    for line in stream.decode("utf-8").removeprefix("\ufeff").splitlines():
        if not line:
            if data:
                events.append((last_id, kind or "message", "\n".join(data)))
            kind, data = "", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            kind = value
        elif field == "data":
            data.append(value)
        elif field == "id" and "\0" not in value:
            last_id = value
    return events


async def collected(chunks):
    return b"".join([chunk async for chunk in chunks])


async def waited_for(condition):
    for _ in range(PATIENCE_SEC * 100):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never came true")


async def test_a_browser_receives_each_event_with_its_name_and_number(tmp_path):
    events = pipeline_in(tmp_path, "line\nbreak").step(Painter(tmp_path), model="m").astream()
    got = received(await collected(sse(events)))
    assert [number for number, _, _ in got] == [str(number) for number in range(1, len(got) + 1)]
    kinds = [kind for _, kind, _ in got]
    assert (kinds[0], kinds[-1]) == ("pipeline.started", "pipeline.completed")
    told = [json.loads(data) for _, _, data in got]
    assert [each["type"] for each in told] == kinds
    assert told[0]["message"] == "line\nbreak"
    assert len({each["run_id"] for each in told}) == 1


async def test_silence_is_filled_with_comments_that_clients_pass_over():
    go_on = asyncio.Event()

    async def events():
        await go_on.wait()
        yield PipelineStartedEvent(run_id="r", total_steps=1)

    chunks = sse(events(), heartbeat=0.001)
    assert [await anext(chunks), await anext(chunks)] == [HEARTBEAT, HEARTBEAT]
    go_on.set()
    rest = await collected(chunks)
    assert [kind for _, kind, _ in received(HEARTBEAT + rest)] == ["pipeline.started"]


async def test_a_stream_that_breaks_ends_with_an_event_that_says_so(caplog):
    async def events(error):
        yield PipelineStartedEvent(run_id="r", total_steps=1)
        raise error

    *_, (_, kind, data) = received(await collected(sse(events(GenblazeError("the disk is full")))))
    assert (kind, json.loads(data)["message"]) == ("stream.failed", "the disk is full")
    *_, (_, kind, data) = received(await collected(sse(events(ValueError("Bearer secret")))))
    assert (kind, json.loads(data)["message"]) == ("stream.failed", "ValueError")
    assert len(caplog.records) == 2


async def test_a_server_that_cancels_its_task_cancels_the_run(tmp_path):
    painter, sent = AsyncPainter(tmp_path, seconds=3600), []

    async def sending():
        async for chunk in sse(pipeline_in(tmp_path).step(painter, model="m").astream()):
            sent.append(chunk)

    task = asyncio.create_task(sending())
    await waited_for(lambda: painter.calls == 1 and any(b"step.started" in chunk for chunk in sent))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await waited_for(lambda: painter.cancelled == 1)


async def test_closing_between_two_events_cancels_the_run_as_well(tmp_path):
    painter = AsyncPainter(tmp_path, seconds=3600)
    chunks = sse(pipeline_in(tmp_path).step(painter, model="m").astream())
    await anext(chunks)
    await waited_for(lambda: painter.calls == 1)
    await chunks.aclose()
    assert painter.cancelled == 1


class Gated(Painter):
    """Paints when it is told to."""

    def __init__(self, folder):
        super().__init__(folder)
        self.gate, self.done = threading.Event(), threading.Event()

    def generate(self, step, config=None):
        assert self.gate.wait(PATIENCE_SEC)
        painted = super().generate(step, config)
        self.done.set()
        return painted


async def test_a_detached_run_goes_on_without_its_reader(tmp_path):
    painter, heard = Gated(tmp_path), []
    pipeline = pipeline_in(tmp_path).step(painter, model="m")
    chunks = sse(pipeline.astream(on_progress=heard.append), detach=True)
    await anext(chunks)
    await chunks.aclose()
    painter.gate.set()
    await waited_for(painter.done.is_set)
    await waited_for(lambda: list(tmp_path.glob("*.png*")))


@contextmanager
def served(application):
    """The URL of an application, served by uvicorn in a thread."""
    uvicorn = pytest.importorskip("uvicorn")
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until = time.monotonic() + PATIENCE_SEC
        while not server.started:
            assert time.monotonic() < until
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join()


def starlette_application(chunks):
    applications = pytest.importorskip("starlette.applications")
    from starlette.responses import StreamingResponse
    from starlette.routing import Route

    async def endpoint(request):
        return StreamingResponse(chunks(), media_type="text/event-stream")

    return applications.Starlette(routes=[Route("/", endpoint)])


def fastapi_application(chunks):
    fastapi = pytest.importorskip("fastapi")
    from fastapi.responses import StreamingResponse

    application = fastapi.FastAPI()

    @application.get("/")
    async def endpoint():
        return StreamingResponse(chunks(), media_type="text/event-stream")

    return application


both_frameworks = pytest.mark.parametrize("application", [starlette_application, fastapi_application])


@pytest.mark.slow
@both_frameworks
def test_a_run_is_streamed_to_a_client_over_http(application, tmp_path):
    httpx = pytest.importorskip("httpx")

    def chunks():
        return sse(pipeline_in(tmp_path).step(Painter(tmp_path), model="m").astream())

    with served(application(chunks)) as url:
        answer = httpx.get(url)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert received(answer.content)[-1][1] == "pipeline.completed"


@pytest.mark.slow
@both_frameworks
def test_a_client_that_disconnects_cancels_the_run(application, tmp_path):
    httpx = pytest.importorskip("httpx")
    painter = AsyncPainter(tmp_path, seconds=3600)

    def chunks():
        return sse(pipeline_in(tmp_path).step(painter, model="m").astream(), heartbeat=0.05)

    with served(application(chunks)) as url:
        with httpx.stream("GET", url) as answer:
            assert b"pipeline.started" in next(answer.iter_raw())
            asyncio.run(waited_for(lambda: painter.calls == 1))
        asyncio.run(waited_for(lambda: painter.cancelled == 1))


@pytest.mark.slow
@both_frameworks
def test_a_client_that_disconnects_leaves_a_detached_run_alone(application, tmp_path):
    httpx = pytest.importorskip("httpx")
    painter = Gated(tmp_path)

    def chunks():
        return sse(pipeline_in(tmp_path).step(painter, model="m").astream(), heartbeat=0.05, detach=True)

    with served(application(chunks)) as url:
        with httpx.stream("GET", url) as answer:
            assert b"pipeline.started" in next(answer.iter_raw())
        painter.gate.set()
        asyncio.run(waited_for(painter.done.is_set))
        asyncio.run(waited_for(lambda: list(tmp_path.glob("*.png*"))))
