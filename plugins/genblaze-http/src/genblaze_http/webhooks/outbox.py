"""Deliveries that are due, and the thread that carries them out, one after the other."""

from __future__ import annotations

import atexit
import json
import logging
import threading
import weakref
from collections import deque
from collections.abc import Callable
from math import isfinite
from time import monotonic
from typing import Any, NamedTuple
from uuid import uuid4

from genblaze.tracing import redact_secrets
from genblaze_http.webhooks.config import WebhookConfig

logger = logging.getLogger("genblaze.webhook")

#: Seconds that the end of the process waits for deliveries that are still due.
EXIT_GRACE_SEC = 5.0
#: Seconds without work after which the thread ends; the next delivery starts another.
IDLE_SEC = 1.0
_CLOSED = "the notifier was closed"
_OPEN: weakref.WeakSet[Outbox] = weakref.WeakSet()


class Delivery(NamedTuple):
    """A payload on its way, what it is called on every attempt, and its bytes."""

    delivery_id: str
    payload: dict[str, Any]
    body: bytes


class Outbox:
    """Delivers payloads from a thread of its own; nobody waits for it.

    Args:
        config: Where to.
        most: Deliveries that may wait; when more come, the oldest is given up.

    Attributes:
        dropped: Deliveries that were given up, for whatever reason.
    """

    def __init__(self, config: WebhookConfig, most: int) -> None:
        self._config = config
        self._most = max(1, most)
        self._waiting: deque[Delivery] = deque()
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stop: Callable[[], object] | None = None  # ends the delivery that is under way
        self._closed = False
        self.dropped = 0
        _OPEN.add(self)

    def put(self, payload: dict[str, Any]) -> None:
        """Have a payload delivered as it is now; never waits, never raises."""
        delivery = Delivery(f"msg_{uuid4().hex}", payload, encoded(payload))
        with self._change:
            lost, reason = self._place(delivery)
            self._change.notify_all()
        if lost is not None:
            self._give_up(lost, reason)

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until nothing is due; whether that was so within `timeout` seconds."""
        with self._change:
            return self._change.wait_for(lambda: not self._waiting and self._stop is None, timeout)

    def close(self, timeout: float) -> None:
        """Flush for at most `timeout` seconds, give up what is left then, and take nothing more."""
        self.flush(max(0.0, timeout))
        with self._change:
            self._closed = True
            left = list(self._waiting)
            self._waiting.clear()
            if self._stop is not None:
                self._stop()
            self._change.notify_all()
        for delivery in left:
            self._give_up(delivery, _CLOSED)

    def _place(self, delivery: Delivery) -> tuple[Delivery | None, str]:
        """Queue a delivery; what is given up for it, and why."""
        if self._closed:
            return delivery, _CLOSED
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="genblaze-webhook", daemon=True)
            try:
                self._thread.start()
            except RuntimeError:
                self._thread = None
                return delivery, "the process is about to end"
        full = len(self._waiting) >= self._most
        oldest = self._waiting.popleft() if full else None
        self._waiting.append(delivery)
        return oldest, f"{self._most} others were waiting"

    def _work(self) -> None:
        import asyncio

        with asyncio.Runner() as runner:
            while (delivery := self._take()) is not None:
                try:
                    reason = runner.run(self._deliver(delivery))
                except asyncio.CancelledError:
                    reason = _CLOSED
                except Exception as error:  # noqa: BLE001 - whatever it is, the next delivery is not to blame
                    reason = f"{type(error).__name__}"
                if reason:
                    self._give_up(delivery, reason)
                with self._change:
                    self._stop = None
                    self._change.notify_all()

    def _take(self) -> Delivery | None:
        """The next delivery; None when there was none for a while, or the outbox is closed."""
        with self._change:
            self._change.wait_for(lambda: self._waiting or self._closed, IDLE_SEC)
            if not self._waiting:
                self._thread = None
                return None
            self._stop = lambda: None
            return self._waiting.popleft()

    async def _deliver(self, delivery: Delivery) -> str | None:
        import asyncio

        from genblaze_http.webhooks.sending import deliver

        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None  # noqa: S101 - a runner makes one
        with self._change:
            self._stop = lambda: loop.call_soon_threadsafe(task.cancel)
            closed = self._closed
        return _CLOSED if closed else await deliver(self._config, delivery.delivery_id, delivery.body)

    def _give_up(self, delivery: Delivery, reason: str) -> None:
        self.dropped += 1
        logger.warning(
            "Webhook %s (%s) was not delivered: %s", delivery.delivery_id, delivery.payload.get("event"), reason
        )
        if self._config.on_undelivered is not None:
            try:
                self._config.on_undelivered(delivery.payload, reason)
            except Exception:
                logger.exception("on_undelivered of a webhook failed")


def encoded(payload: dict[str, Any]) -> bytes:
    """A payload as JSON, with what looks like a credential replaced; what JSON does not know is written as text."""
    return json.dumps(_clean(payload), default=str, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "replace"
    )


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    if isinstance(value, float) and not isfinite(value):
        return None
    return redact_secrets(value) if isinstance(value, str) else value


@atexit.register
def _close_all() -> None:
    """Give deliveries that are due at the end of the process a few seconds, all of them together."""
    until = monotonic() + EXIT_GRACE_SEC
    for outbox in list(_OPEN):
        outbox.close(until - monotonic())
