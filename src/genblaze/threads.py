"""Daemon threads for blocking provider code: as many as calls are under way, none that delays the exit."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

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
        worker = self._take()
        worker.inbox.put((loop, future, copy_context(), call, args))
        return await future

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
                loop, future, context, call, args = self.inbox.get(timeout=IDLE_SECONDS)
            except Empty:
                # Whoever wins the claim decides: a caller that was faster has put work, or will at once.
                if self.claim():
                    return
                loop, future, context, call, args = self.inbox.get()
            deliver = _attempt(future, context, call, args)
            # Free before the answer is delivered, so that the next call finds this thread and not a new one.
            self._state.release()
            self._idle.append(self)
            with suppress(RuntimeError):  # the loop has closed: nobody waits any more
                loop.call_soon_threadsafe(deliver)
            del loop, future, context, call, args, deliver


def _attempt(
    future: asyncio.Future[Any], context: Any, call: Callable[..., Any], args: tuple[Any, ...]
) -> Callable[[], None]:
    """Make the call, and return what hands its outcome to the future."""
    try:
        result = context.run(call, *args)
    except BaseException as error:  # noqa: BLE001 - carried over to the caller, whatever it is
        failure = _carriable(error)
        return lambda: None if future.done() else future.set_exception(failure)
    return lambda: None if future.done() else future.set_result(result)


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


#: Shared by every engine of the process.
daemon_threads = DaemonThreads()


async def call(method: Callable[..., Any], *args: Any) -> Any:
    """Call provider code without blocking the loop: `async def` in place, `def` in a thread."""
    if inspect.iscoroutinefunction(method):
        return await method(*args)
    result = await daemon_threads.run(method, *args)
    return await result if isinstance(result, Awaitable) else result
