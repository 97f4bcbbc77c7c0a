"""The synchronous face of the engine: run a coroutine to its end, with or without a running event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from functools import partial
from typing import Any, Generic, TypeVar

from genblaze.interrupts import interruptible
from genblaze.loops import keep, run_here
from genblaze.threads import daemon_threads

__all__ = ["LoopThread", "keep", "run_sync"]

T = TypeVar("T")

#: How long the second phase of an interrupted run may last before the caller gets the KeyboardInterrupt anyway.
INTERRUPT_GRACE_SEC = 10.0
_WAKE_SEC = 0.2


def run_sync(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run `main()` and return its result.

    Without a running loop it runs in this thread (callbacks too). Inside one, as in a notebook, it runs in a
    helper thread with a loop of its own while this thread waits.

    Raises:
        KeyboardInterrupt: On Ctrl-C, after the coroutine was cancelled and has cleaned up; a second Ctrl-C does not
            wait for that.
    """
    if not _inside_a_loop():
        return run_here(main())
    helper = LoopThread(main)
    helper.start()
    return helper.wait()


def _inside_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class LoopThread(Generic[T]):
    """A coroutine under way in a daemon thread with an event loop of its own."""

    def __init__(self, main: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._main = main
        self._task: asyncio.Task[T] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._begun = threading.Event()
        self._ended = threading.Event()
        self._result: T | None = None
        self._error: BaseException | None = None
        self._ident: int | None = None

    def start(self) -> None:
        """Begin, in a copy of the caller's context variables."""
        daemon_threads.start(partial(copy_context().run, self._work))
        self._begun.wait()

    def _work(self) -> Callable[[], None]:
        self._ident = threading.get_ident()
        try:
            self._result = run_here(self._supervised())
        except BaseException as error:  # noqa: BLE001 - carried over to the waiting thread
            self._error = error
        self._ident = None  # the thread goes on to other work
        self._begun.set()
        return self._ended.set

    async def _supervised(self) -> T:
        self._task = asyncio.current_task()
        self._loop = asyncio.get_running_loop()
        self._begun.set()
        return await self._main()

    def cancel(self) -> None:
        """Ask the coroutine to stop; it cleans up and ends by itself."""
        if self._loop is not None and self._task is not None and not self._ended.is_set():
            try:
                self._loop.call_soon_threadsafe(self._task.cancel)
            except RuntimeError:  # it ended just now
                return

    def is_current(self) -> bool:
        """Whether the caller runs in this very thread, or in one that drives its loop meanwhile."""
        return threading.get_ident() == self._ident or asyncio._get_running_loop() is self._loop is not None

    def ended(self, timeout: float | None = None) -> bool:
        """Whether the coroutine has ended, waiting up to `timeout` seconds for it."""
        return self._ended.wait(timeout)

    def outcome(self) -> T:
        """The result, or the exception, of a coroutine that has ended."""
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]  # set when there is no error

    def wait(self) -> T:
        """Wait for the end in a way that Ctrl-C reaches, and return the result."""
        with interruptible():
            try:
                while not self._ended.wait(_WAKE_SEC):
                    pass
            except KeyboardInterrupt:
                self.cancel()
                self._ended.wait(INTERRUPT_GRACE_SEC)
                raise
        return self.outcome()
