"""Daemon threads for blocking provider code: as many as calls are under way, none that delays the exit."""

from __future__ import annotations

import asyncio
import inspect
import os
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeGuard, TypeVar

T = TypeVar("T")

#: Seconds after which a thread without work ends.
IDLE_SECONDS = 10.0


class DaemonThreads:
    """Runs blocking calls beside an event loop, each in a thread of its own that is reused afterwards.

    The loop's default executor is no choice: it has few threads, and the interpreter joins them at exit, so that one
    hanging vendor call would keep the process alive.
    """

    def __init__(self) -> None:
        self._idle: deque[_Worker] = deque()

    async def run(self, call: Callable[..., T], *args: Any) -> T:
        """Run `call(*args)` in a thread, in the caller's context variables.

        A cancelled caller stops waiting at once; the thread ends its call and its result is dropped.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        asked = Call(future, call, args)
        lender = lenders.get(loop)
        if lender is not None:
            lender.ask(asked)
        else:
            self.start(lambda: _delivery(loop, asked.make()))
        return await future

    def start(self, work: Callable[[], Callable[[], None]]) -> None:
        """Begin some work in a thread; what it returns is called at last, when the thread is free for other work."""
        self._take().inbox.put(work)

    def forget(self) -> None:
        """Count on no thread that was there before; a forked process has none of its parent's."""
        self._idle.clear()

    def _take(self) -> _Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.claim():
                return worker
        return _Worker(self._idle)


class _Worker:
    """One thread and the queue that feeds it."""

    def __init__(self, idle: deque[_Worker]) -> None:
        self.inbox: SimpleQueue[Any] = SimpleQueue()
        self._idle = idle
        self._state = threading.Lock()  # held while claimed or ended
        self._state.acquire()
        threading.Thread(target=self._work, name="genblaze-call", daemon=True).start()

    def claim(self) -> bool:
        return self._state.acquire(blocking=False)

    def _work(self) -> None:
        while True:
            try:
                work = self.inbox.get(timeout=IDLE_SECONDS)
            except Empty:
                # Whoever wins the claim decides: a caller that was faster has put work, or will at once.
                if self.claim():
                    return
                work = self.inbox.get()
            deliver = work()
            # Free before the answer is delivered, so that the next call finds this thread and not a new one.
            self._state.release()
            self._idle.append(self)
            deliver()
            del work, deliver


class Call:
    """A blocking call that a coroutine waits for, in the coroutine's context variables."""

    __slots__ = ("_args", "_context", "_function", "_future")

    def __init__(self, future: asyncio.Future[Any], function: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self._future = future
        self._context = copy_context()
        self._function = function
        self._args = args

    def make(self) -> Callable[[], None]:
        """Make the call, and return what hands its outcome to the coroutine; that must be called in its loop."""
        future = self._future
        try:
            result = self._context.run(self._function, *self._args)
        except BaseException as error:  # noqa: BLE001 - carried over to the caller, whatever it is
            failure = _carriable(error)
            return lambda: None if future.done() else future.set_exception(failure)
        return lambda: None if future.done() else future.set_result(result)


def _delivery(loop: asyncio.AbstractEventLoop, deliver: Callable[[], None]) -> Callable[[], None]:
    """What a thread calls to hand an outcome to a loop."""

    def post() -> None:
        with suppress(RuntimeError):  # the loop has closed: nobody waits any more
            loop.call_soon_threadsafe(deliver)

    return post


def _carriable(error: BaseException) -> Exception:
    """The exception as a future may carry it.

    A future refuses StopIteration; SystemExit and KeyboardInterrupt would end the event loop, though Ctrl-C never
    reaches this thread; a CancelledError would look as if the caller itself had been cancelled.
    """
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    failure = RuntimeError(f"the call raised {type(error).__name__}({error})")
    failure.__cause__ = error
    return failure


class Lender(Protocol):
    """Who has a loop's blocking calls made otherwise; see `genblaze.loops`."""

    def ask(self, call: Call) -> None:
        """Have a call made; called in the loop."""


#: The loops that have one.
lenders: dict[asyncio.AbstractEventLoop, Lender] = {}

#: Shared by every engine of the process.
daemon_threads = DaemonThreads()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=daemon_threads.forget)


def is_async(method: Callable[..., Any]) -> TypeGuard[Callable[..., Coroutine[Any, Any, Any]]]:
    """Whether a method is `async def`. What `inspect.iscoroutinefunction` says, which takes ten times as long."""
    code = getattr(method, "__code__", None)
    if code is None or method.__dict__:  # no plain function, or marked as something else than it looks like
        return inspect.iscoroutinefunction(method)
    return bool(code.co_flags & inspect.CO_COROUTINE)


async def call(method: Callable[..., Any], *args: Any) -> Any:
    """Call provider code without blocking the loop: `async def` in place, `def` in a thread."""
    if is_async(method):
        return await method(*args)
    result = await daemon_threads.run(method, *args)
    return await result if isinstance(result, Awaitable) else result
