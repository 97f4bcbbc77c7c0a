"""Where webhooks go, and within which bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from genblaze.errors import WebhookError
from genblaze_http.webhooks.signing import signing_key

#: Names of this machine, which a webhook goes to only when told so.
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class WebhookEvent(StrEnum):
    """What receivers are told of."""

    PIPELINE_STARTED = "pipeline.started"
    PIPELINE_COMPLETED = "pipeline.completed"
    PIPELINE_FAILED = "pipeline.failed"
    STEP_STARTED = "step.started"
    STEP_COMPLETED = "step.completed"
    STEP_FAILED = "step.failed"


@dataclass
class WebhookConfig:
    """Where webhooks go. The repr shows the host only: addresses of webhooks are often secrets themselves.

    Attributes:
        url: An https address; which one is checked again when it is dialled, and only the open internet is.
        headers: Sent with each delivery.
        timeout: Seconds that one attempt may take.
        max_retries: Attempts after the first.
        include_events: Names of the events to send; None for all.
        secret: Signs each delivery: `whsec_` and base64, as Standard Webhooks has it, or any other text.
        deadline: Seconds that all attempts of a delivery may take together, waiting times included.
        allow_loopback: Lets `url` be a plain http address of this very machine, to try it out.
        on_undelivered: Called with the payload and the reason when a delivery is given up, from a thread.

    Raises:
        WebhookError: The address, a number or the secret cannot be meant.
    """

    url: str
    headers: dict[str, str] | None = None
    timeout: float = 10.0
    max_retries: int = 2
    include_events: set[str] | None = None
    secret: str | None = field(default=None, kw_only=True)
    deadline: float = field(default=60.0, kw_only=True)
    allow_loopback: bool = field(default=False, kw_only=True)
    on_undelivered: Callable[[dict[str, Any], str], object] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse at once what could never be delivered."""
        _check_url(self.url, allow_loopback=self.allow_loopback)
        if not (self.timeout > 0 and self.deadline > 0 and isfinite(self.timeout + self.deadline)):
            msg = f"WebhookConfig: timeout ({self.timeout}) and deadline ({self.deadline}) must be seconds above 0"
            raise WebhookError(msg)
        if self.max_retries < 0:
            msg = f"WebhookConfig: max_retries is {self.max_retries}, and cannot be negative"
            raise WebhookError(msg)
        for name, value in (self.headers or {}).items():
            if not f"{name}{value}".isprintable():
                msg = f"WebhookConfig: the header {name!r} has characters that no header may have"
                raise WebhookError(msg)
        if self.secret is not None:
            signing_key(self.secret)

    def __repr__(self) -> str:
        """The host; never the path, a header or the secret."""
        signed = "signed" if self.secret else "unsigned"
        return f"WebhookConfig({urlsplit(self.url).hostname}, {signed})"

    def wants(self, event: object) -> bool:
        """Whether an event is to be sent."""
        return self.include_events is None or event in self.include_events


def _check_url(url: str, *, allow_loopback: bool) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    problem = None
    if not host:
        problem = "has no host"
    elif parts.username or parts.password:
        problem = "carries a user name or password; use headers="
    elif host.rstrip(".") in _LOOPBACK:
        problem = None if allow_loopback else "is this machine; allow_loopback=True lets it be, to try it out"
    elif parts.scheme != "https":
        problem = "is not https"
    if problem is None and parts.scheme not in ("https", "http"):
        problem = "is neither https nor http"
    if problem is not None:
        msg = f"WebhookConfig: the url {problem}"
        raise WebhookError(msg)
