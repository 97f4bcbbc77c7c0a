"""Running coroutines from synchronous code: with and without a loop, in any thread."""

import asyncio
import contextvars
import signal
import threading

import pytest

from genblaze.interrupts import interruptible
from genblaze.sync import LoopThread, run_sync

variable = contextvars.ContextVar("variable", default="unset")


async def ident():
    return threading.get_ident()


def test_without_a_loop_it_runs_in_this_thread():
    assert run_sync(ident) == threading.get_ident()


async def test_inside_a_loop_it_runs_in_another_thread():
    assert run_sync(ident) != threading.get_ident()


def test_it_runs_in_a_thread_that_is_not_the_main_one():
    found = []
    thread = threading.Thread(target=lambda: found.append((run_sync(ident), threading.get_ident())))
    thread.start()
    thread.join(5)
    assert found[0][0] == found[0][1]


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("raised", [ValueError("x"), asyncio.CancelledError(), SystemExit(3)], ids=repr)
def test_exceptions_come_through(inside, raised):
    async def fail():
        raise raised

    async def outer():
        run_sync(fail)

    with pytest.raises(type(raised)):
        asyncio.run(outer()) if inside else run_sync(fail)


async def test_the_context_of_the_caller_is_seen():
    variable.set("mine")

    async def read():
        return variable.get()

    assert run_sync(read) == "mine"


def test_a_cancelled_thread_ends_its_coroutine():
    begun, cleaned = threading.Event(), []

    async def wait():
        begun.set()
        try:
            await asyncio.sleep(30)
        finally:
            cleaned.append(True)

    thread = LoopThread(wait)
    thread.start()
    assert begun.wait(5)
    assert not thread.ended(0)
    thread.cancel()
    assert thread.ended(5)
    assert cleaned == [True]
    with pytest.raises(asyncio.CancelledError):
        thread.outcome()
    thread.cancel()  # harmless after the end


def test_the_signal_handler_is_put_back():
    def mine(*_):
        raise AssertionError

    before = signal.signal(signal.SIGINT, mine)
    try:
        with interruptible():
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        assert signal.getsignal(signal.SIGINT) is mine
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with interruptible():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_leave_signals_alone():
    found = []

    def enter():
        with interruptible():
            found.append(signal.getsignal(signal.SIGINT))

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=enter)
    thread.start()
    thread.join(5)
    assert found == [before]


def test_an_error_comes_out_alone():
    async def failing():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no") as caught:
        run_sync(failing)
    assert caught.value.__context__ is None
