"""An event loop per thread that is kept between runs, and lent to the thread that makes a blocking call.

A blocking call must not hold up its loop: deadlines, Ctrl-C and progress go on while it lasts. So it is made in a
worker thread. Waking that thread and being woken by it takes longer than everything else the engine does for a step,
and nearly always there is nothing to do in between. Therefore the loop *rests* while its only blocking call is made,
and the worker takes the loop along: it makes the call, drives the loop on, makes the next call, and so forth. The
thread that the loop belongs to waits meanwhile, for `LOAN_SEC` at most. Then it takes the loop back, at once if a call
is under way: that call ends by itself, in its thread, and its result reaches the loop like that of any other thread.

So no callback of the loop waits for a blocking call longer than `LOAN_SEC`, and calls that take less than that come
one after the other without a single change of threads.

What a run leaves in its loop ends with the run, and the loop too, as with `asyncio.run`. There are two exceptions: what
was told to `keep` (connections, for the next run), and tasks that were told to `linger`: for them a thread drives the
loop on.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import weakref
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from genblaze.interrupts import Interrupts
from genblaze.threads import Call, daemon_threads, lenders

T = TypeVar("T")

#: Seconds for which a loop is lent: the longest that a blocking call can hold it up.
LOAN_SEC = 0.005
#: Seconds after which a waiting thread wakes up to hear Ctrl-C, which not every system lets interrupt it.
WAKE_SEC = 0.2


def run_here(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on this thread's loop, which must not be running.

    Raises:
        KeyboardInterrupt: On Ctrl-C in the main thread, after the coroutine was cancelled and has cleaned up; a second
            Ctrl-C does not wait for that.
    """
    own: OwnLoop | None = getattr(_kept, "loop", None)
    if own is None or own.busy or own.closed:  # busy: this is a signal handler, or a finalizer, in the midst of a run
        own = OwnLoop()
        _kept.loop = own
    return own.run(main)


def stay_home() -> None:
    """Keep the running loop in its own thread until its run ends: callbacks are promised to run there."""
    own = _running()
    if own is not None:
        own.lends = False


async def come_home() -> None:
    """Go on in the loop's own thread."""
    own = _running()
    if own is not None and own.ident != threading.get_ident():
        own.homing = own.loop.create_future()
        own.loop.stop()
        await own.homing


def keep(generator: AsyncGenerator[Any, None]) -> None:
    """Let an asynchronous generator of the running loop outlive the run; it is closed with the loop."""
    own = _running()
    if own is not None:
        own.kept.add(generator)


def linger(task: asyncio.Task[Any]) -> None:
    """Let a task of the running loop outlive the run, to the end of the process if it takes so long."""
    _lingering.add(task)
    task.add_done_callback(_lingering.discard)


def _running() -> OwnLoop | None:
    found = lenders.get(asyncio.get_running_loop())
    return found if isinstance(found, OwnLoop) else None


class OwnLoop:
    """The loop of one thread.

    Attributes:
        busy: Whether a run is under way.
        lends: Whether the loop may leave its thread during this run.
        lost: Whether the run was given up while another thread drove the loop, which that thread then ends.
        homing: What is waited for by who wants the loop back in its thread.
        kept: Asynchronous generators that stay open from run to run.
        ident: The thread.
    """

    def __init__(self) -> None:
        self.busy = False
        self.lends = True
        self.lost = False
        self.homing: asyncio.Future[None] | None = None
        self.kept: weakref.WeakSet[AsyncGenerator[Any, None]] = weakref.WeakSet()
        self.ident = threading.get_ident()
        self.asked: list[Call] = []  # blocking calls that nobody makes yet
        self.elsewhere = 0  # blocking calls under way, beside the one that the loop rests for
        self.loop = asyncio.new_event_loop()
        self._closing = weakref.finalize(self, _end, self.loop, os.getpid())  # ends with its thread
        self._closing.atexit = False
        _all.add(self)

    @property
    def closed(self) -> bool:
        """Whether the loop can no longer be used."""
        return self.lost or self.loop.is_closed()

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end; what it leaves behind is cleaned up as `asyncio.run` does."""
        self.busy, self.lends = True, True
        lenders[self.loop] = self
        task = self.loop.create_task(main)
        try:
            with Interrupts(self.loop, task) as interrupts:
                self._drive(task)
            if interrupts.pressed and task.cancelled():
                raise KeyboardInterrupt
            return task.result()
        finally:
            self.lends = False
            if task.done() and not task.cancelled():
                task.exception()  # is known, also where another error comes out in its place
            if not self.lost and self._lingering():
                self.lost = True
                daemon_threads.start(self._linger)
            elif not self.lost:
                if self._is_untidy():
                    self.discard()
                lenders.pop(self.loop, None)
                self.busy = False

    def ask(self, call: Call) -> None:
        """Have a blocking call made; called in the loop, which comes to rest after this pass."""
        self.asked.append(call)
        self.loop.stop()

    def take_alone(self) -> Call | None:
        """The call that the loop may rest for: the only one there is; None also when the loop must stay."""
        if len(self.asked) != 1 or self.elsewhere or self.homing or not self.lends:
            return None
        return self.asked.pop()

    def _drive(self, task: asyncio.Task[Any]) -> None:
        task.add_done_callback(lambda _: self.loop.stop())
        while not task.done():
            self.loop.run_forever()
            if (call := self.take_alone()) is not None:
                _Loan(self, task).wait(call)
            if self.homing is not None:
                self.homing.set_result(None)
                self.homing = None
            while self.asked:
                self._start(self.asked.pop())

    def _start(self, call: Call) -> None:
        """Make a call in a thread while the loop runs."""
        self.elsewhere += 1
        daemon_threads.start(lambda: self.delivery(call.make()))

    def delivery(self, deliver: Callable[[], None]) -> Callable[[], None]:
        """What another thread calls, to hand a call's outcome to this loop."""

        def arrive() -> None:
            self.elsewhere -= 1
            deliver()

        def post() -> None:
            with suppress(RuntimeError):  # the loop has closed: nobody waits any more
                self.loop.call_soon_threadsafe(arrive)

        return post

    def _lingering(self) -> list[asyncio.Task[Any]]:
        return [task for task in list(_lingering) if task.get_loop() is self.loop]

    def _linger(self) -> Callable[[], None]:
        """Drive the loop, in another thread, for as long as something lingers; returns what ends it."""
        while tasks := self._lingering():
            self._drive(self.loop.create_task(asyncio.wait(tasks)))
        return self.discard

    def _is_untidy(self) -> bool:
        """Whether tasks or asynchronous generators are left, which only the end of their loop ends."""
        generators = set(getattr(self.loop, "_asyncgens", ()))
        return bool(asyncio.all_tasks(self.loop)) or not generators <= set(self.kept)

    def discard(self) -> None:
        """End what is left, and the loop with it."""
        try:
            left = asyncio.all_tasks(self.loop)
            for task in left:
                task.cancel()
            if left:
                self._drive(self.loop.create_task(asyncio.wait(left)))
            self._drive(self.loop.create_task(self.loop.shutdown_asyncgens()))
            self._drive(self.loop.create_task(self.loop.shutdown_default_executor()))
        finally:
            self.close()

    def close(self) -> None:
        """Close the loop; it must be at rest."""
        self._closing.detach()
        lenders.pop(self.loop, None)
        self.loop.close()


class _Loan:
    """One loop in the hands of a worker thread, which makes the loop's blocking calls and drives it in between."""

    def __init__(self, lender: OwnLoop, task: asyncio.Task[Any]) -> None:
        self._lender = lender
        self._task = task
        self._lock = threading.Lock()  # over the three below
        self._calling = True  # a call is under way, and the loop at rest
        self._over = False  # the worker has the loop no more
        self._recalled = False  # the worker shall give it back
        self._error: BaseException | None = None  # raised out of the loop, in the worker's thread
        self._returned = threading.Lock()  # held until the worker has given the loop back
        self._returned.acquire()

    def wait(self, call: Call) -> None:
        """Lend the loop, beginning with `call`, and have it back."""
        daemon_threads.start(lambda: self._work(call))
        try:
            if not self._returned.acquire(timeout=LOAN_SEC) and self._recall():
                while not self._returned.acquire(timeout=WAKE_SEC):
                    pass
        except BaseException:  # a second Ctrl-C: nobody waits any more
            self._lender.lost = self._recall()
            raise
        if self._error is not None:
            raise self._error

    def _recall(self) -> bool:
        """Take the loop back where it is at rest; else tell the worker to give it back, and return True."""
        with self._lock:
            if self._over:
                return False
            if self._calling:
                self._over = True
                self._lender.elsewhere += 1
                return False
            self._recalled = True
        self._lender.loop.call_soon_threadsafe(self._lender.loop.stop)
        return True

    # --- in the worker's thread ------------------------------------------------------------------------------------

    def _work(self, call: Call) -> Callable[[], None]:
        """Make calls until the loop goes back; returns what has to be done last, when this thread is free again."""
        following: Call | None = call
        while following is not None:
            deliver = following.make()
            with self._lock:
                if self._over:
                    return self._lender.delivery(deliver)
                self._calling = False
            following = self._run_loop(deliver)
        return self._lender.discard if self._lender.lost else self._returned.release

    def _run_loop(self, deliver: Callable[[], None]) -> Call | None:
        """Hand in a result and drive the loop until the next call; None when the loop goes back."""
        try:
            deliver()
            self._lender.loop.run_forever()
        except BaseException as error:  # noqa: BLE001 - raised again in the loop's own thread
            self._error = error
        with self._lock:
            going_on = self._error is None and not (self._recalled or self._task.done())
            following = self._lender.take_alone() if going_on else None
            self._calling, self._over = following is not None, following is None
        return following


class _Kept(threading.local):
    """What each thread keeps: its loop, which ends with the thread."""

    loop: OwnLoop | None = None


_kept = _Kept()
_all: weakref.WeakSet[OwnLoop] = weakref.WeakSet()
_lingering: set[asyncio.Task[Any]] = set()
_inherited: list[asyncio.AbstractEventLoop] = []


@atexit.register
def _close_all() -> None:
    """Close the loops that are at rest when the interpreter ends; their threads do nothing any more."""
    for own in list(_all):
        if not (own.busy or own.closed):
            own.discard()


def _end(loop: asyncio.AbstractEventLoop, process: int) -> None:
    """Close the loop of a thread that has ended, but not where that only looks so: in a forked process."""
    if os.getpid() != process:
        _leave_alone(loop)
        return
    if asyncio._get_running_loop() is None:  # the garbage collector may call this anywhere
        loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def _leave_alone(loop: asyncio.AbstractEventLoop) -> None:
    """See to it that a loop of the parent process is never closed here, not even when the interpreter ends.

    Closing would take the loop's wake-up descriptor out of its selector, which both processes share: nothing would ever
    wake the parent's loop again.
    """
    loop._closed = True  # type: ignore[attr-defined]  # what its `__del__` goes by
    _inherited.append(loop)


def _forget() -> None:
    """Let a forked process make loops of its own."""
    global _kept, _all
    for own in _all:
        own._closing.detach()
        _leave_alone(own.loop)
    lenders.clear()
    _lingering.clear()
    _kept, _all = _Kept(), weakref.WeakSet()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
