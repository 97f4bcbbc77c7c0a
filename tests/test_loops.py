"""Loops that are kept and lent: blocking calls hold nothing up, and nothing is left of a run."""

import _thread
import asyncio
import gc
import subprocess
import sys
import threading
import time

import pytest

from genblaze.loops import come_home, keep, linger, run_here, stay_home
from genblaze.threads import daemon_threads, lenders

here = threading.get_ident


async def in_thread(function, *args):
    return await daemon_threads.run(function, *args)


def test_blocking_calls_are_made_in_another_thread_and_one_after_the_other_in_the_same():
    async def main():
        return {await in_thread(here) for _ in range(300)}

    found = run_here(main())
    assert here() not in found
    assert len(found) <= 20  # a new one at most for each loan, and a loan is for many calls


def test_a_blocking_call_holds_nothing_up():
    async def main():
        event = threading.Event()
        asyncio.get_running_loop().call_later(0.02, event.set)
        return await in_thread(event.wait, 30)

    assert run_here(main())


def test_many_blocking_calls_are_under_way_at_once():
    async def main():
        barrier = threading.Barrier(40)
        return await asyncio.gather(*(in_thread(barrier.wait, 30) for _ in range(40)))

    assert sorted(run_here(main())) == list(range(40))


def test_a_cancelled_call_is_not_waited_for():
    event = threading.Event()

    async def main():
        try:
            async with asyncio.timeout(0.02):
                await in_thread(event.wait, 60)
        except TimeoutError:
            return not event.is_set()

    assert run_here(main())
    event.set()
    assert run_here(in_thread(int)) == 0  # what comes late disturbs nobody


def test_a_run_that_awaits_for_long_goes_on_in_its_own_thread():
    async def main():
        await in_thread(int)
        await asyncio.sleep(0.1)
        return here()

    assert run_here(main()) == here()


def test_who_wants_its_own_thread_gets_it():
    async def main():
        seen = set()
        for _ in range(50):
            await in_thread(int)
            await come_home()
            seen.add(here())
        return seen

    assert run_here(main()) == {here()}


def test_a_loop_may_stay_in_its_thread():
    async def main():
        stay_home()
        seen = set()
        for _ in range(50):
            assert await in_thread(here) != here()
            seen.add(here())
        return seen

    assert run_here(main()) == {here()}


async def test_elsewhere_both_do_nothing():
    stay_home()
    await come_home()


@pytest.mark.parametrize("raised", [ValueError, SystemExit, KeyboardInterrupt])
def test_what_a_coroutine_raises_in_the_other_thread_comes_through(raised):
    async def main():
        await in_thread(int)
        raise raised

    with pytest.raises(raised):
        run_here(main())
    assert run_here(in_thread(int)) == 0


def test_a_blocking_call_may_run_coroutines_itself():
    def nested(depth):
        return depth if depth == 0 else run_here(in_thread(nested, depth - 1))

    assert nested(3) == 0


def interrupt_until(condition):
    """Press Ctrl-C, as one does it: not twice at the same moment."""
    while not condition():
        _thread.interrupt_main()
        pressed = time.monotonic()
        while not condition() and time.monotonic() < pressed + 0.4:
            time.sleep(0.01)


def test_who_gives_up_waiting_leaves_the_loop_to_the_thread_that_drives_it():
    seen = []

    async def main():
        home = threading.get_ident()
        while threading.get_ident() == home:  # on a busy machine the loop may have been taken back already
            await in_thread(int)
        seen.append(lenders[asyncio.get_running_loop()])
        interrupt_until(lambda: seen[0].lost)  # meanwhile this thread drives the loop and does not give it back
        await asyncio.sleep(60)

    with pytest.raises(KeyboardInterrupt):
        run_here(main())
    assert run_here(in_thread(int)) == 0
    deadline = time.monotonic() + 30
    while not seen[0].loop.is_closed() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert seen[0].loop.is_closed()


async def loop():
    return asyncio.get_running_loop()


def test_a_thread_keeps_its_loop():
    assert run_here(loop()) is run_here(loop())


def test_a_loop_ends_with_its_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(run_here(loop())))
    thread.start()
    thread.join()
    gc.collect()
    assert found[0].is_closed()
    assert found[0] not in lenders


def test_a_loop_with_something_left_in_it_ends():
    ended = []

    async def left():
        try:
            await asyncio.sleep(60)
        finally:
            await in_thread(int)
            ended.append("task")

    async def generator():
        try:
            yield 1
        finally:
            ended.append("generator")

    async def main():
        made = generator()
        await anext(made)
        task = asyncio.create_task(left())
        await asyncio.sleep(0)
        return asyncio.get_running_loop(), task, made

    found, task, _ = run_here(main())
    assert sorted(ended) == ["generator", "task"]
    assert found.is_closed()
    assert task.cancelled()
    assert run_here(loop()) is not found


async def held_open(ended):
    try:
        yield 1
    finally:
        await in_thread(int)
        ended.append(True)


async def hold_open(ended):
    held = held_open(ended)
    await anext(held)
    keep(held)
    return held


def test_what_is_to_be_kept_stays_open_from_run_to_run_and_is_closed_with_the_loop():
    ended, held, loops = [], [], []

    def work():
        held.append(run_here(hold_open(ended)))
        loops.extend([run_here(loop()), run_here(loop())])
        assert not ended

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    gc.collect()
    assert ended
    assert loops[0] is loops[1]
    assert loops[0].is_closed()


def test_a_task_may_outlive_its_run():
    event, done = threading.Event(), threading.Event()

    async def late():
        await in_thread(event.wait, 60)
        done.set()

    async def main():
        linger(asyncio.create_task(late()))
        return asyncio.get_running_loop()

    found = run_here(main())
    assert run_here(loop()) is not found  # meanwhile
    event.set()
    assert done.wait(60)
    deadline = time.monotonic() + 30
    while not found.is_closed() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert found.is_closed()


FORKS = """
import os, sys, threading
from genblaze.loops import run_here
from genblaze.threads import daemon_threads

async def main():
    return await daemon_threads.run(threading.get_ident)

run_here(main())
child = os.fork()
if child == 0:
    run_here(main())
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
run_here(main())
"""

FORKS_BESIDE_A_THREAD = """
import asyncio, gc, os, sys, threading
from queue import SimpleQueue
from genblaze.loops import run_here

asked, done = SimpleQueue(), SimpleQueue()

def keep_a_loop():
    while True:
        done.put(run_here(asked.get()))

async def wait_for_another_thread():
    loop = asyncio.get_running_loop()
    woken = loop.create_future()
    threading.Timer(0.2, loop.call_soon_threadsafe, [woken.set_result, None]).start()
    await woken

threading.Thread(target=keep_a_loop, daemon=True).start()
asked.put(wait_for_another_thread())
done.get(timeout=20)
child = os.fork()
if child == 0:
    gc.collect()
    sys.exit()
assert os.waitpid(child, 0)[1] == 0
asked.put(wait_for_another_thread())
done.get(timeout=20)
"""

LINGERS = """
import asyncio
from genblaze.loops import linger, run_here

async def main():
    linger(asyncio.create_task(asyncio.sleep(60)))

run_here(main())
"""

KEEPS = """
import asyncio
from genblaze.loops import keep, run_here
from genblaze.threads import daemon_threads

async def held_open():
    try:
        yield 1
    finally:
        await daemon_threads.run(int)
        print("closed", flush=True)

async def main():
    held = held_open()
    await anext(held)
    keep(held)
    return held

held = run_here(main())
"""

THREADS = """
import threading, time
from genblaze.loops import run_here
from genblaze.threads import daemon_threads

event = threading.Event()

def wait():
    run_here(daemon_threads_run())
    event.set()
    time.sleep(60)

async def daemon_threads_run():
    await daemon_threads.run(int)

run_here(daemon_threads_run())
threading.Thread(target=wait, daemon=True).start()
event.wait()
"""


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(FORKS, marks=pytest.mark.skipif(sys.platform == "win32", reason="no fork")),
        pytest.param(FORKS_BESIDE_A_THREAD, marks=pytest.mark.skipif(sys.platform == "win32", reason="no fork")),
        THREADS,
        LINGERS,
        KEEPS,
    ],
)
def test_processes_that_fork_or_leave_threads_behind_end_cleanly(script):
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-W", "ignore::DeprecationWarning", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
