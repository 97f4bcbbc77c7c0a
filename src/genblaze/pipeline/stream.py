"""Streams: the events of a run as they happen, for `for` and for `async for`."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from genblaze.interrupts import interruptible
from genblaze.models.event import StepProgressEvent, StreamEvent
from genblaze.pipeline.calls import raise_for_failure
from genblaze.pipeline.delivery import closing
from genblaze.pipeline.engine import execute
from genblaze.pipeline.options import ARUN_CONCURRENCY, RUN_CONCURRENCY, resolve
from genblaze.pipeline.plan import plan
from genblaze.sync import LoopThread

if TYPE_CHECKING:
    from genblaze.pipeline.builder import Pipeline
    from genblaze.pipeline.options import RunOptions
    from genblaze.pipeline.plan import Plan
    from genblaze.pipeline.result import PipelineResult

T = TypeVar("T")

#: Progress beyond this many unread events is dropped; other events never are.
MAX_UNREAD = 1024
#: Seconds that leaving a stream early waits for the run to clean up.
LEAVE_GRACE_SEC = 10.0
_WAKE_SEC = 0.2


class _Mailbox:
    """Events from the engine's thread to the reader's; None after the last."""

    def __init__(self) -> None:
        self._events: SimpleQueue[StreamEvent | None] = SimpleQueue()

    def put(self, event: StreamEvent) -> None:
        if not isinstance(event, StepProgressEvent) or self._events.qsize() < MAX_UNREAD:
            self._events.put(event)

    def close(self) -> None:
        self._events.put(None)

    def take(self) -> StreamEvent | None:
        """The next event, waiting for it in a way that Ctrl-C reaches."""
        if not self._events.empty():
            return self._events.get()
        with interruptible():
            while True:
                with suppress(Empty):
                    return self._events.get(timeout=_WAKE_SEC)


class EventReader(Iterator[StreamEvent], Generic[T]):
    """Iterates over the events of work that goes on in a thread of its own; it begins with the first `next()`.

    Leaving the loop early cancels the work, or lets it finish by itself if `detach` is set.

    Attributes:
        result: What the work returned, once it has ended.
    """

    def __init__(
        self, work: Callable[[Callable[[StreamEvent], None]], Coroutine[Any, Any, T]], *, detach: bool = False
    ) -> None:
        self._work = work
        self._detach = detach
        self._mailbox = _Mailbox()
        self._thread: LoopThread[T] | None = None
        self.result: T | None = None

    def __next__(self) -> StreamEvent:
        """The next event, as soon as it happens; after the last, what the work raised."""
        if self._thread is None:
            # The thread must not know the reader: a dropped reader is how a `for` loop that was left looks.
            self._thread = LoopThread(partial(_supervised, self._work, self._mailbox))
            self._thread.start()
            if not self._detach:
                weakref.finalize(self, _leave, self._thread)  # also at exit, while the run can still be told
        try:
            event = self._mailbox.take()
        except KeyboardInterrupt:
            self.close()
            raise
        if event is not None:
            return event
        self._mailbox.close()  # for whoever asks again
        if self.result is None:
            self._thread.ended()
            self.result = self._thread.outcome()
        raise StopIteration

    def close(self) -> None:
        """Leave: the work is cancelled and given a few seconds to clean up, unless it is detached."""
        if self._thread is not None and not self._detach:
            _leave(self._thread)

    def __enter__(self) -> Self:
        """The reader itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave."""
        self.close()


async def _supervised(work: Callable[[Callable[[StreamEvent], None]], Coroutine[Any, Any, T]], box: _Mailbox) -> T:
    try:
        return await work(box.put)
    finally:
        box.close()


def _leave(thread: LoopThread[Any]) -> None:
    """Cancel what goes on in `thread`, and give it a few seconds to clean up."""
    if thread.is_current():  # the garbage collector may call from there, where waiting would be for oneself
        thread.cancel()
    elif not thread.ended(0):
        thread.cancel()
        thread.ended(LEAVE_GRACE_SEC)


class EventStream(EventReader["PipelineResult"]):
    """The events of one run.

    Attributes:
        run_id: Identity of the run, known from the start.
    """

    def __init__(self, pipeline: Pipeline, keywords: Mapping[str, Any], *, heartbeats: bool, detach: bool) -> None:
        options = resolve(pipeline, keywords, concurrency=RUN_CONCURRENCY)
        planned = plan(pipeline, run_id=options.run_id)
        self.run_id = planned.run_id
        super().__init__(lambda put: _run(planned, options, wanted(put, heartbeats=heartbeats)), detach=detach)


def astream(pipeline: Pipeline, keywords: Mapping[str, Any], *, heartbeats: bool) -> AsyncIterator[StreamEvent]:
    """The events of one run, which begins with the first `anext()`; leaving the loop early cancels it."""
    options = resolve(pipeline, keywords, concurrency=ARUN_CONCURRENCY)
    planned = plan(pipeline, run_id=options.run_id)
    return events_of(lambda put: _run(planned, options, wanted(put, heartbeats=heartbeats)))


async def _run(planned: Plan, options: RunOptions, put: Callable[[StreamEvent], None]) -> PipelineResult:
    async with closing(options.sinks):
        result = await execute(planned, options, put)
    if options.raise_on_failure:
        raise_for_failure(result)
    return result


async def events_of(
    work: Callable[[Callable[[StreamEvent], None]], Coroutine[Any, Any, object]],
) -> AsyncIterator[StreamEvent]:
    """Yield the events that `work` puts out; leaving the loop early cancels the work and waits for its clean-up."""
    events: asyncio.Queue[StreamEvent | None] = asyncio.Queue()

    def put(event: StreamEvent) -> None:
        if not isinstance(event, StepProgressEvent) or events.qsize() < MAX_UNREAD:
            events.put_nowait(event)

    task = asyncio.create_task(work(put))
    task.add_done_callback(lambda _: events.put_nowait(None))
    try:
        while (event := await events.get()) is not None:
            yield event
        await task
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # a reader that has left does not want it any more


def wanted(put: Callable[[StreamEvent], None], *, heartbeats: bool) -> Callable[[StreamEvent], None]:
    """`put`, without heartbeats unless they are wanted."""
    if heartbeats:
        return put
    return lambda event: None if isinstance(event, StepProgressEvent) and event.is_heartbeat else put(event)
