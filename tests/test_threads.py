"""Threads for blocking calls: many at once, reused, dying when idle, never in the way of the exit."""

import asyncio
import contextvars
import gc
import threading
import time

import pytest

from genblaze import threads
from genblaze.threads import DaemonThreads, call

variable = contextvars.ContextVar("variable", default="unset")


def own_threads():
    return [thread for thread in threading.enumerate() if thread.name == "genblaze-call"]


async def test_as_many_calls_run_at_once_as_are_made():
    pool, barrier = DaemonThreads(), threading.Barrier(60)
    assert sorted(await asyncio.gather(*(pool.run(barrier.wait, 5) for _ in range(60)))) == list(range(60))


async def test_a_thread_is_used_again():
    pool = DaemonThreads()
    seen = {await pool.run(threading.get_ident) for _ in range(50)}
    assert len(seen) == 1


def test_many_loops_share_the_threads():
    before = len(own_threads())
    for _ in range(200):
        asyncio.run(threads.daemon_threads.run(int))
    assert len(own_threads()) <= before + 2


async def test_idle_threads_end(monkeypatch):
    monkeypatch.setattr(threads, "IDLE_SECONDS", 0.05)
    before = len(own_threads())
    pool, barrier = DaemonThreads(), threading.Barrier(10)
    await asyncio.gather(*(pool.run(barrier.wait, 5) for _ in range(10)))
    deadline = time.monotonic() + 5
    while len(own_threads()) > before and time.monotonic() < deadline:  # noqa: ASYNC110 - what is waited for happens in def code
        await asyncio.sleep(0.02)
    assert len(own_threads()) <= before
    assert await pool.run(int) == 0


async def test_ending_and_claiming_a_thread_at_the_same_time_loses_no_call(monkeypatch):
    monkeypatch.setattr(threads, "IDLE_SECONDS", 0.001)
    pool = DaemonThreads()
    for round_ in range(300):
        await asyncio.sleep(0.0005 * (round_ % 5))
        assert await asyncio.wait_for(pool.run(lambda value: value, round_), 5) == round_


async def test_a_cancelled_caller_does_not_wait():
    released = threading.Event()
    running = asyncio.create_task(DaemonThreads().run(released.wait, 60))
    await asyncio.sleep(0.05)
    running.cancel()
    started = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert time.monotonic() - started < 15
    released.set()


def test_a_result_that_comes_after_its_loop_was_closed_is_dropped():
    released = threading.Event()

    async def leave():
        asyncio.get_running_loop().call_later(0.05, asyncio.current_task().cancel)
        await threads.daemon_threads.run(released.wait, 5)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(leave())
    released.set()
    assert asyncio.run(threads.daemon_threads.run(int)) == 0


@pytest.mark.parametrize("raised", [ValueError("x"), KeyError("k")])
async def test_exceptions_come_back_as_they_are(raised):
    def fail():
        raise raised

    with pytest.raises(type(raised)) as found:
        await DaemonThreads().run(fail)
    assert found.value is raised


@pytest.mark.parametrize(
    "raised",
    [StopIteration(1), SystemExit(2), KeyboardInterrupt(), asyncio.CancelledError(), GeneratorExit()],
    ids=repr,
)
async def test_exceptions_that_would_upset_the_loop_come_back_as_errors(raised):
    def fail():
        raise raised

    with pytest.raises(RuntimeError, match=type(raised).__name__) as found:
        await DaemonThreads().run(fail)
    assert found.value.__cause__ is raised


async def test_calls_see_the_callers_context():
    variable.set("mine")
    assert await DaemonThreads().run(variable.get) == "mine"


async def test_call_takes_def_async_def_and_functions_that_return_awaitables():
    async def coroutine(value):
        return value

    assert await call(coroutine, 1) == 1
    assert await call(lambda value: coroutine(value), 2) == 2
    assert await call(str, 3) == "3"


async def test_results_are_not_kept_alive():
    class Big:
        alive = 0

        def __init__(self):
            Big.alive += 1

        def __del__(self):
            Big.alive -= 1

    pool = DaemonThreads()
    await pool.run(Big)
    await asyncio.sleep(0.05)
    gc.collect()
    assert Big.alive == 0
