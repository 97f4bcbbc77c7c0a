"""The time that a step may take, in which waiting for others does not count."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genblaze.jobs import GenerateContext


class StepClock:
    """Ends a step after so many seconds of its own.

    Args:
        seconds: What the step may take.

    Attributes:
        scope: The timeout, to be entered as a context.
        deadline: `time.monotonic()` at which it ends, as things stand.
        context: Of the attempt under way, which is told the deadline anew.
    """

    __slots__ = ("context", "deadline", "scope")

    def __init__(self, seconds: float) -> None:
        self.scope = asyncio.timeout(seconds)
        self.deadline = monotonic() + seconds
        self.context: GenerateContext | None = None

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Let the time within not count."""
        ends, began = self.scope.when(), monotonic()
        if ends is None or self.scope.expired():
            yield
            return
        self.scope.reschedule(None)
        try:
            yield
        finally:
            waited = monotonic() - began
            self.scope.reschedule(ends + waited)
            self.deadline += waited
            if self.context is not None:
                self.context.deadline = self.deadline
