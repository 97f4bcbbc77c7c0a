"""Events of a run as server-sent events: the bytes that a browser's `EventSource` understands.

```python
from starlette.responses import StreamingResponse

async def progress(request):
    events = Pipeline("film").step(…).astream()
    return StreamingResponse(sse(events), media_type="text/event-stream")
```

The form is the one of the WHATWG HTML standard, section 9.2.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TYPE_CHECKING, Any, Final

import msgspec

from genblaze.errors import GenblazeError

if TYPE_CHECKING:
    from genblaze.models.event import StreamEvent

__all__ = ["HEARTBEAT", "sse"]

logger = logging.getLogger("genblaze.sse")

HEARTBEAT: Final = b": heartbeat\n\n"
"""A comment: it keeps proxies from closing a connection on which nothing happens, and clients pass over it."""

_END: Final = None
_endings: set[asyncio.Task[None]] = set()


async def sse(
    events: AsyncIterator[StreamEvent], *, heartbeat: float | None = 15.0, detach: bool = False
) -> AsyncGenerator[bytes, None]:
    """Write events as they happen, one block of bytes each.

    Each block has the lines `id` (1, 2, 3 …), `event` (the event's type) and `data` (the event as JSON, in one line).
    A run that fails ends with its `pipeline.failed`. Should the stream itself break, its last event is `stream.failed`
    with a `message`, and the reason is logged.

    When the client leaves, as servers tell by cancelling or closing the generator, the run is cancelled and cleans up.

    Args:
        events: What `Pipeline.astream()` or `AgentLoop.astream()` gives.
        heartbeat: Seconds of silence after which a comment is sent; None for none.
        detach: Let the run go on to its end when the client leaves.
    """
    following: asyncio.Future[StreamEvent | None] | None = None
    number, ended = 0, False
    try:
        while True:
            following = following or asyncio.ensure_future(_next(events))
            await asyncio.wait({following}, timeout=heartbeat)
            if not following.done():
                yield HEARTBEAT
                continue
            arrived, following, number = following, None, number + 1
            ended = arrived.exception() is not None or arrived.result() is _END
            if (block := _block(number, arrived)) is not None:
                yield block
            if ended:
                return
    finally:
        if not ended:
            # A task of its own: a server that cancels cancels again whatever waits here.
            ending = asyncio.create_task(_run_out(events, following) if detach else _close(events, following))
            _endings.add(ending)
            ending.add_done_callback(_endings.discard)
            if not detach:
                await asyncio.shield(ending)


async def _next(events: AsyncIterator[StreamEvent]) -> StreamEvent | None:
    """The next event, or `_END`: a task cannot carry a StopAsyncIteration."""
    return await anext(events, _END)


def _block(number: int, arrived: asyncio.Future[StreamEvent | None]) -> bytes | None:
    """The bytes of what arrived; None at the end."""
    error = arrived.exception()
    if error is not None:
        logger.error("The stream of events broke: %s", error, exc_info=error)
        message = str(error) if isinstance(error, GenblazeError) else type(error).__name__
        return _written(number, {"type": "stream.failed", "message": message})
    event = arrived.result()
    return _END if event is None else _written(number, event.to_dict())


def _written(number: int, event: dict[str, Any]) -> bytes:
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (number, event["type"].encode(), msgspec.json.encode(event))


async def _close(events: AsyncIterator[StreamEvent], following: asyncio.Future[StreamEvent | None] | None) -> None:
    """Cancel the run, and wait until it has cleaned up."""
    if following is not None:
        following.cancel()
        await asyncio.wait({following})
        if not following.cancelled():
            following.exception()  # nobody is there any more who would want it
    if isinstance(events, AsyncGenerator):
        await events.aclose()


async def _run_out(events: AsyncIterator[StreamEvent], following: asyncio.Future[StreamEvent | None] | None) -> None:
    """Let the run go on with nobody listening."""
    with contextlib.suppress(Exception):
        if following is not None:
            await following
        async for _ in events:
            pass
