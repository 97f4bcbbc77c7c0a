"""The time that a run and each of its steps may take, in which waiting for others does not count."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from genblaze.jobs import GenerateContext


class Alarm:
    """The one timer for all clocks of a run: nearly all of them end long before their time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._clocks: set[Clock] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._rings = inf  # when, by `time.monotonic()`

    def add(self, clock: Clock) -> None:
        """Ring for a clock when its time is over."""
        self._clocks.add(clock)
        if clock.deadline < self._rings:
            self._set(clock.deadline)

    def remove(self, clock: Clock) -> bool:
        """Ring no more for a clock; returns whether it was to be rung for."""
        known = clock in self._clocks
        self._clocks.discard(clock)
        return known

    def off(self) -> None:
        """Ring no more at all."""
        if self._timer is not None:
            self._timer.cancel()

    def _set(self, when: float) -> None:
        self.off()
        self._rings = when
        self._timer = self._loop.call_later(max(0.0, when - monotonic()), self._ring)

    def _ring(self) -> None:
        now, self._rings = monotonic(), inf
        for clock in [each for each in self._clocks if each.deadline <= now]:
            self._clocks.remove(clock)
            clock.ring()
        earliest = min((each.deadline for each in self._clocks), default=inf)
        if earliest < inf:
            self._set(earliest)


class Clock:
    """Ends what is done while it lasts after so many seconds of its own, with a TimeoutError like `asyncio.timeout`.

    Args:
        alarm: The timer.
        seconds: How long it may take; None is for ever.

    Attributes:
        deadline: `time.monotonic()` at which it ends, as things stand.
        context: Of the attempt under way, which is told the deadline anew.
    """

    __slots__ = ("_alarm", "_before", "_rang", "_task", "context", "deadline")

    def __init__(self, alarm: Alarm, seconds: float | None) -> None:
        self.deadline = inf if seconds is None else monotonic() + seconds
        self.context: GenerateContext | None = None
        self._alarm = alarm
        self._task: asyncio.Task[object] | None = None
        self._before = 0  # cancellations of the task that are not this clock's
        self._rang = False

    def __enter__(self) -> Self:
        """Begin."""
        self._task = asyncio.current_task()
        self._before = self._task.cancelling() if self._task else 0
        self._alarm.add(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """End.

        Raises:
            TimeoutError: In the place of the CancelledError that the ringing came as, if nobody else cancelled.
        """
        self._alarm.remove(self)
        if self._rang and self._task and self._task.uncancel() <= self._before and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def ring(self) -> None:
        """The time is over."""
        self._rang = True
        if self._task is not None:
            self._task.cancel()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Let the time within not count."""
        began = monotonic()
        if not self._alarm.remove(self):  # it rang, or stands still already
            yield
            return
        try:
            yield
        finally:
            self.deadline += monotonic() - began
            self._alarm.add(self)
            if self.context is not None:
                self.context.deadline = self.deadline
