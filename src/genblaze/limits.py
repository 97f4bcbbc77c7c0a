"""Limits of a vendor, kept by all pipelines of the process together: jobs at once, requests per minute, a breaker."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from time import monotonic
from typing import Any

from genblaze.config import Limit
from genblaze.errors import ProviderError
from genblaze.models.enums import ProviderErrorCode
from genblaze.retry import MAX_RETRY_AFTER_SEC

logger = logging.getLogger("genblaze.provider")

_MINUTE = 60.0
_UNWELL = (ProviderErrorCode.SERVER_ERROR, ProviderErrorCode.TIMEOUT)
_UNLIMITED = nullcontext()


class Gate:
    """Where every submit to one provider passes. Shared by event loops and threads.

    A vendor's Retry-After holds back all submits to it, not only the one that was turned away.
    """

    def __init__(self, provider: str, limit: Limit) -> None:
        self._provider = provider
        self._limit = limit
        self._lock = threading.Lock()
        self._taken = 0
        self._waiting: deque[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = deque()
        self._sent: deque[float] = deque(maxlen=limit.requests_per_minute or 1)
        self._closed_until = 0.0
        self._failures = 0

    def slot(self) -> AbstractAsyncContextManager[None]:
        """Wait until one more job may be under way, and hold its place."""
        most = self._limit.concurrency
        return _UNLIMITED if most is None else self._place(most)

    @asynccontextmanager
    async def _place(self, most: int) -> AsyncIterator[None]:
        await self._enter(most)
        try:
            yield
        finally:
            self._leave()

    async def turn(self) -> None:
        """Wait until one more submit may be sent.

        Raises:
            ProviderError: The vendor failed too often in a row; nothing was sent.
        """
        while (seconds := self._seconds_to_wait()) > 0:  # noqa: ASYNC110 - time itself is waited for
            await asyncio.sleep(seconds)

    def succeeded(self) -> None:
        """The vendor took a submit."""
        with self._lock:
            self._failures = 0

    def failed(self, error: ProviderError) -> None:
        """A submit failed; what that means for the next ones."""
        with self._lock:
            if error.error_code == ProviderErrorCode.RATE_LIMIT and error.retry_after:
                self._closed_until = max(self._closed_until, monotonic() + min(error.retry_after, MAX_RETRY_AFTER_SEC))
            if error.error_code in _UNWELL or error.uncertain:
                self._failures += 1
                self._break()

    def _break(self) -> None:
        limit = self._limit
        if limit.break_after is None or self._failures < limit.break_after:
            return
        self._closed_until = monotonic() + limit.break_seconds
        logger.warning(
            "%s failed %d times in a row and is left alone for %g s",
            self._provider,
            self._failures,
            limit.break_seconds,
        )

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
            if limit.requests_per_minute is not None:
                if len(self._sent) == limit.requests_per_minute and (wait := self._sent[0] + _MINUTE - now) > 0:
                    return wait
                self._sent.append(now)
        return 0.0

    async def _enter(self, most: int) -> None:
        loop = asyncio.get_running_loop()
        with self._lock:
            if self._taken < most and not self._waiting:
                self._taken += 1
                return
            place = (loop, loop.create_future())
            self._waiting.append(place)
        try:
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


_gates: dict[tuple[str, Limit], Gate] = {}
_gates_lock = threading.Lock()


def gate_of(provider: str, limits: Mapping[str, Limit]) -> Gate:
    """The process's gate for a provider; one of its own, always open, where no limit is configured."""
    limit = limits.get(provider)
    if limit is None:
        return Gate(provider, Limit())
    with _gates_lock:
        return _gates.setdefault((provider, limit), Gate(provider, limit))
