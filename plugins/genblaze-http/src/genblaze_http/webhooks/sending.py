"""Delivers one webhook: to the open internet only, signed anew for each attempt, within one deadline."""

from __future__ import annotations

import asyncio
import random
import socket
from typing import NamedTuple

import httpx

from genblaze.errors import GenblazeError, URLPolicyError, WebhookError
from genblaze_http import addresses
from genblaze_http.reaching import first_reached, guarded_client
from genblaze_http.retry_after import retry_after
from genblaze_http.webhooks.config import WebhookConfig
from genblaze_http.webhooks.signing import signed_headers

#: The longest pause before another attempt, in seconds, unless the receiver asks for a longer one.
MAX_PAUSE_SEC = 30.0
_PASSING = frozenset({408, 425, 429})


class Failure(NamedTuple):
    """Why an attempt failed.

    Attributes:
        reason: For people, without the address.
        passing: Whether another attempt may succeed.
        wait: Seconds that the receiver wants to be left alone.
    """

    reason: str
    passing: bool = False
    wait: float | None = None


async def resolve(host: str, port: int) -> list[str]:
    """`addresses.resolve` without the loop's threads, of which none can be had any more when the process ends.

    It blocks the loop, on which there is nothing but this delivery.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        msg = f"the host {host!r} cannot be found: {error}"
        raise WebhookError(msg) from error
    return [str(address[0]) for *_, address in found]


async def deliver(config: WebhookConfig, delivery_id: str, body: bytes) -> str | None:
    """Deliver a body; returns why it was given up, or None when the receiver has it."""
    failure: Failure | None = None
    try:
        async with asyncio.timeout(config.deadline) as deadline:
            for attempt in range(config.max_retries + 1):
                failure = await _attempt(config, delivery_id, body)
                if failure is None or not failure.passing or attempt == config.max_retries:
                    break
                pause = failure.wait or random.uniform(0, min(2**attempt, MAX_PAUSE_SEC))  # noqa: S311 - no secret
                if asyncio.get_running_loop().time() + pause >= (deadline.when() or 0):
                    return f"{failure.reason}, and the deadline of {config.deadline:g} s comes before the next attempt"
                await asyncio.sleep(pause)
    except TimeoutError:
        return f"no answer within the deadline of {config.deadline:g} s"
    return None if failure is None else failure.reason


async def _attempt(config: WebhookConfig, delivery_id: str, body: bytes) -> Failure | None:
    headers = {
        **(config.headers or {}),
        "content-type": "application/json",
        "user-agent": "genblaze",
        **signed_headers(delivery_id, body, config.secret),
    }
    try:
        async with asyncio.timeout(config.timeout):
            return await _post(config, headers, body)
    except TimeoutError:
        return Failure(f"no answer within {config.timeout:g} s", passing=True)
    except URLPolicyError:
        return Failure("the address is one of this machine or its network")
    except GenblazeError as error:  # the host is not known
        return Failure(str(error), passing=True)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Failure(f"the receiver cannot be reached: {type(error).__name__}", passing=True)


async def _post(config: WebhookConfig, headers: dict[str, str], body: bytes) -> Failure | None:
    """Post once, to an address that was checked just before; what the receiver says beside its status is not read."""
    url = httpx.URL(config.url)
    found = await addresses.permitted(
        url.host,
        url.port or (443 if url.scheme == "https" else 80),
        url.scheme,
        trusted=config.allow_loopback and url.scheme == "http",
        ask=resolve,
    )
    async with guarded_client(config.timeout) as client:
        response = await first_reached(client, "POST", url, found, headers, body)
        await response.aclose()
    if response.is_success:
        return None
    status = response.status_code
    if response.is_redirect:
        return Failure(f"the receiver answered HTTP {status}, and redirects are not followed")
    told = {name.lower(): value for name, value in response.headers.items()}
    return Failure(f"the receiver answered HTTP {status}", status >= 500 or status in _PASSING, retry_after(told))
