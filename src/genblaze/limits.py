"""Limits of a vendor, kept by all pipelines of the machine together: jobs at once, requests per minute, a breaker."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, nullcontext
from functools import partial
from time import monotonic
from typing import Any, Final, TypeAlias

from genblaze.config import Config, Limit
from genblaze.errors import JournalError, ProviderError
from genblaze.journal import SharedJournal, open_shared
from genblaze.models.enums import ProviderErrorCode
from genblaze.retry import MAX_RETRY_AFTER_SEC

logger = logging.getLogger("genblaze.provider")

_MINUTE = 60.0
_UNWELL = (ProviderErrorCode.SERVER_ERROR, ProviderErrorCode.TIMEOUT)
_UNLIMITED = nullcontext()
#: Seconds after which another process is asked for a place again, at first and at most.
_FIRST_LOOK_SEC = 0.05
_LAST_LOOK_SEC = 1.0

#: Surrounds the time for which a step waits for others, so that it does not count as the step's own.
Waiting: TypeAlias = Callable[[], AbstractContextManager[None]]


class OpenGate:
    """Where every submit to a provider without limits passes: nothing ever waits, and nothing is counted."""

    def slot(self, waiting: Waiting = nullcontext) -> AbstractAsyncContextManager[None]:  # noqa: ARG002
        """Wait until one more job may be under way, and hold its place; `waiting` surrounds the waiting itself."""
        return _UNLIMITED

    async def turn(self, waiting: Waiting = nullcontext) -> None:
        """Wait until one more submit may be sent; `waiting` surrounds the waiting itself.

        Raises:
            ProviderError: The vendor failed too often in a row; nothing was sent.
        """

    def hold_back(self, seconds: float) -> None:
        """Send nothing for so long (at most 120 s), in any process: the vendor asked for it. From any thread."""

    def succeeded(self) -> None:
        """The vendor took a submit."""

    def failed(self, error: ProviderError) -> str | None:  # noqa: ARG002
        """A submit failed; what that means for the next ones. Says so where the breaker opens."""
        return None


OPEN: Final = OpenGate()


class Gate(OpenGate):
    """Where every submit to one provider with limits passes. Shared by event loops and threads.

    A vendor's Retry-After holds back all submits to it, not only the one that was turned away.

    Args:
        provider: Its name.
        limit: What may be asked of it.
        shared: Where the processes of the machine agree; None where this one is alone.
    """

    def __init__(self, provider: str, limit: Limit, shared: SharedJournal | None = None) -> None:
        self._provider = provider
        self._limit = limit
        self._shared = shared
        self._lock = threading.Lock()
        self._taken = 0
        self._waiting: deque[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = deque()
        self._sent: deque[float] = deque(maxlen=limit.requests_per_minute or 1)
        self._closed_until = 0.0
        self._failures = 0

    def slot(self, waiting: Waiting = nullcontext) -> AbstractAsyncContextManager[None]:
        """Wait for a place among as many as there may be."""
        most = self._limit.concurrency
        return _UNLIMITED if most is None else self._place(most, waiting)

    @asynccontextmanager
    async def _place(self, most: int, waiting: Waiting) -> AsyncIterator[None]:
        await self._enter(most, waiting)
        try:
            leave = await self._shared_place(most, waiting)
            try:
                yield
            finally:
                leave()
        finally:
            self._leave()

    async def _shared_place(self, most: int, waiting: Waiting) -> Callable[[], Any]:
        """Take a place among all processes of the machine, where they can be asked; returns what gives it back."""
        pause = _FIRST_LOOK_SEC
        while (shared := self._shared) is not None:
            try:
                place = await shared.enter(self._provider, most)
            except JournalError as error:
                self._go_alone(error)
                break
            if place is not None:
                return partial(shared.leave, place)
            with waiting():
                await asyncio.sleep(pause)
            pause = min(2 * pause, _LAST_LOOK_SEC)
        return lambda: None

    async def turn(self, waiting: Waiting = nullcontext) -> None:
        """Wait until the vendor and the requests of the last minute allow one more."""
        while True:
            seconds = self._seconds_to_wait()
            if not seconds and self._shared is not None:
                seconds = await self._shared_seconds_to_wait(self._shared)
            if not seconds:
                return
            with waiting():
                await asyncio.sleep(seconds)

    async def _shared_seconds_to_wait(self, shared: SharedJournal) -> float:
        try:
            return await shared.turn(self._provider, self._limit.requests_per_minute)
        except JournalError as error:
            self._go_alone(error)
            return 0.0

    def _go_alone(self, error: JournalError) -> None:
        self._shared = None
        logger.warning("The limits of %s are kept by this process alone: %s", self._provider, error)

    def hold_back(self, seconds: float) -> None:
        """Hold back all submits to the provider."""
        seconds = min(seconds, MAX_RETRY_AFTER_SEC)
        with self._lock:
            self._closed_until = max(self._closed_until, monotonic() + seconds)
        if self._shared is not None:
            self._shared.pause(self._provider, seconds)

    def succeeded(self) -> None:
        """Begin to count failures anew."""
        with self._lock:
            self._failures = 0

    def failed(self, error: ProviderError) -> str | None:
        """Hold back what the vendor turned away, and count towards the breaker."""
        if error.error_code == ProviderErrorCode.RATE_LIMIT and error.retry_after:
            self.hold_back(error.retry_after)
        if error.error_code not in _UNWELL and not error.uncertain:
            return None
        limit = self._limit
        with self._lock:
            self._failures += 1
            if limit.break_after is None or self._failures < limit.break_after:
                return None
            self._closed_until = monotonic() + limit.break_seconds
            times = f"{self._failures} times in a row"
        told = f"{self._provider} failed {times} and is left alone for {limit.break_seconds:g} s"
        logger.warning("%s", told)
        return told

    def _seconds_to_wait(self) -> float:
        limit, now = self._limit, monotonic()
        with self._lock:
            closed = self._closed_until - now
            if closed > 0 and limit.break_after is not None and self._failures >= limit.break_after:
                msg = (
                    f"{self._provider} failed {self._failures} times in a row: nothing is sent for {closed:.0f} more "
                    "seconds"
                )
                raise ProviderError(msg, error_code=ProviderErrorCode.SERVER_ERROR, retry_after=closed, uncertain=False)
            if closed > 0:
                return closed
            if limit.requests_per_minute is not None and self._shared is None:
                if len(self._sent) == limit.requests_per_minute and (wait := self._sent[0] + _MINUTE - now) > 0:
                    return wait
                self._sent.append(now)
        return 0.0

    async def _enter(self, most: int, waiting: Waiting) -> None:
        loop = asyncio.get_running_loop()
        with self._lock:
            if self._taken < most and not self._waiting:
                self._taken += 1
                return
            place = (loop, loop.create_future())
            self._waiting.append(place)
        try:
            with waiting():
                await place[1]
        except asyncio.CancelledError:
            with self._lock:
                granted = place not in self._waiting
                if not granted:
                    self._waiting.remove(place)
            if granted:
                self._leave()
            raise

    def _leave(self) -> None:
        """Hand the place to whoever waits longest; a loop that has closed waits for nothing."""
        while True:
            with self._lock:
                if not self._waiting:
                    self._taken -= 1
                    return
                loop, future = self._waiting.popleft()
            try:
                loop.call_soon_threadsafe(_grant, future)
            except RuntimeError:
                continue
            return


def _grant(future: asyncio.Future[Any]) -> None:
    if not future.done():
        future.set_result(None)


_gates: dict[tuple[str, Limit, str | None], Gate] = {}
_gates_lock = threading.Lock()


def gate_of(provider: str, config: Config) -> OpenGate:
    """The process's gate for a provider; one that is always open where no limit is configured."""
    limit = config.limits.get(provider)
    if limit is None:
        return OPEN
    key = (provider, limit, config.journal.shared)
    with _gates_lock:
        if key not in _gates:
            _gates[key] = Gate(provider, limit, _shared(config))
        return _gates[key]


def _shared(config: Config) -> SharedJournal | None:
    try:
        return open_shared(config.journal.shared)
    except JournalError as error:
        logger.warning("Limits are kept by this process alone: %s", error)
        return None
