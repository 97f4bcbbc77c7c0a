"""Sends runs to LangSmith in batches, from a thread of its own, and never in the way of anybody."""

from __future__ import annotations

import atexit
import json
import logging
import threading
import weakref
from collections import deque
from collections.abc import Mapping
from time import monotonic
from typing import Any, Final, Literal, NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

logger = logging.getLogger("genblaze.tracer.langsmith")

#: What `GET /info` of LangSmith asks for: runs and bytes of one batch.
MAX_RUNS: Final = 100
MAX_BYTES: Final = 20_000_000
#: Operations that wait at most; what comes when so many wait is dropped.
MAX_WAITING: Final = 10_000
#: Seconds that one request may take.
TIMEOUT_SEC: Final = 30.0
#: Seconds before each further attempt; after the last the batch is dropped.
BACKOFF_SEC: Final = (1.0, 4.0)
#: Seconds that the end of the process waits for what is left.
EXIT_GRACE_SEC: Final = 2.0
_LINGER_SEC: Final = 0.05
_ALREADY_THERE: Final = 409
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


class Operation(NamedTuple):
    """One run's beginning (`post`) or ending (`patch`)."""

    kind: Literal["post", "patch"]
    run: dict[str, Any]


class Sender:
    """Queues operations and posts them to `/runs/batch`.

    Args:
        endpoint: Base address of the API.
        headers: Sent with each request; they hold the key.

    Attributes:
        dropped: Operations that were lost: too many waited, or LangSmith would not take them.
    """

    def __init__(self, endpoint: str, headers: Mapping[str, str]) -> None:
        if urlsplit(endpoint).scheme not in ("https", "http"):
            msg = f"LangSmith's endpoint must be an http(s) address, not {endpoint!r}"
            raise ValueError(msg)
        self._url = f"{endpoint.rstrip('/')}/runs/batch"
        self._headers = {**headers, "Content-Type": "application/json"}
        self._waiting: deque[Operation] = deque()
        self._change = threading.Condition()
        self._busy = False
        self._closed = False
        self._thread: threading.Thread | None = None
        self._complained: set[str] = set()
        self.dropped = 0

    def put(self, operation: Operation) -> None:
        """Queue an operation; never waits, never raises."""
        with self._change:
            if self._closed or len(self._waiting) >= MAX_WAITING:
                self._drop(1, "too many runs wait to be sent" if not self._closed else "the tracer is closed")
                return
            self._waiting.append(operation)
            if self._thread is None:
                self._start()
            self._change.notify_all()

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything is sent or dropped; whether that was so within `timeout` seconds."""
        with self._change:
            return self._change.wait_for(lambda: not self._waiting and not self._busy, timeout)

    def close(self, timeout: float | None = None) -> None:
        """Flush, and take nothing more."""
        self.flush(timeout)
        with self._change:
            self._closed = True
            self._change.notify_all()

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._work, name="genblaze-langsmith", daemon=True)
        self._thread.start()
        atexit.register(_close_at_exit, weakref.ref(self))

    def _work(self) -> None:
        while batch := self._take():
            self._send(batch)
            with self._change:
                self._busy = False
                self._change.notify_all()

    def _take(self) -> list[Operation]:
        """The next batch, a moment after its first operation came; empty when the sender is closed."""
        with self._change:
            self._change.wait_for(lambda: self._waiting or self._closed)
            if not self._closed:
                self._change.wait_for(lambda: len(self._waiting) >= MAX_RUNS or self._closed, _LINGER_SEC)
            batch: list[Operation] = []
            size = 0
            while self._waiting and len(batch) < MAX_RUNS:
                size += len(_encoded(self._waiting[0].run))
                if batch and size > MAX_BYTES:
                    break
                batch.append(self._waiting.popleft())
            self._busy = bool(batch)
            return batch

    def _send(self, batch: list[Operation]) -> None:
        body = _encoded(merged(batch))
        for delay in (*BACKOFF_SEC, None):
            failure, passing = self._post(body)
            if failure is None:
                return
            if delay is None or not passing or self._closed:
                self._drop(len(batch), failure)
                return
            with self._change:
                self._change.wait_for(lambda: self._closed, delay)

    def _post(self, body: bytes) -> tuple[str | None, bool]:
        """Send once; what went wrong, and whether that may pass."""
        request = Request(self._url, body, self._headers, method="POST")  # noqa: S310 - the scheme is checked above
        try:
            with urlopen(request, timeout=TIMEOUT_SEC):  # noqa: S310 - as above
                return None, False
        except HTTPError as error:
            error.close()
            if error.code == _ALREADY_THERE:  # sent before, the answer got lost
                return None, False
            return f"LangSmith answered {error.code}", error.code in _PASSING
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not end the thread
            return f"LangSmith cannot be reached: {type(error).__name__}", True

    def _drop(self, count: int, why: str) -> None:
        self.dropped += count
        if why not in self._complained:
            self._complained.add(why)
            logger.warning("Runs are not traced: %s; further failures of this kind are not logged", why)


def merged(batch: list[Operation]) -> dict[str, list[dict[str, Any]]]:
    """The body of a batch; the end of a run that begins in the same batch is part of its beginning."""
    begun: dict[str, dict[str, Any]] = {}
    ended: list[dict[str, Any]] = []
    for kind, run in batch:
        if kind == "post":
            begun[run["id"]] = dict(run)
        elif run["id"] in begun:
            begun[run["id"]].update(run)
        else:
            ended.append(run)
    body = {"post": list(begun.values()), "patch": ended}
    return {kind: runs for kind, runs in body.items() if runs}


def _encoded(value: Any) -> bytes:
    return json.dumps(value, default=str, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _close_at_exit(reference: weakref.ref[Sender]) -> None:
    sender = reference()
    if sender is not None:
        began = monotonic()
        sender.flush(EXIT_GRACE_SEC)
        sender.close(max(0.0, EXIT_GRACE_SEC - (monotonic() - began)))
