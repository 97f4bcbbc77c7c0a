"""Ctrl-C: how it reaches a run, and a thread that waits for one."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator


class Interrupts:
    """While this lasts, the first Ctrl-C cancels the task, and the next one raises; as `asyncio.run` has it.

    Attributes:
        pressed: Whether there was one.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any]) -> None:
        self.pressed = False
        self._loop = loop
        self._task = task
        self._before: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._press)
            if self._before is not signal.default_int_handler:  # somebody else's, who knows what to do
                signal.signal(signal.SIGINT, self._before)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is signal.default_int_handler:
            last = signal.signal(signal.SIGINT, self._before)
            if last != self._press:  # the coroutine has set one of its own
                signal.signal(signal.SIGINT, last)

    def _press(self, signum: int, frame: Any) -> None:
        if self.pressed or self._task.done():
            signal.default_int_handler(signum, frame)
        self.pressed = True
        self._loop.call_soon_threadsafe(self._task.cancel)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt here although a running loop has claimed the signal.

    `asyncio.run` answers the first SIGINT by cancelling its main task, which a blocked thread would never see.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    claimed = signal.getsignal(signal.SIGINT)
    if claimed in (signal.SIG_IGN, signal.default_int_handler, None):
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, claimed)
