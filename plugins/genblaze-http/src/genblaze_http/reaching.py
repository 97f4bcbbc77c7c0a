"""Requests to addresses that were checked before: the address is dialled, the name is for certificate and server."""

from __future__ import annotations

from functools import cache
from typing import Any

import httpx

#: Seconds until a connection must stand.
CONNECT_SEC = 15.0


@cache
def tls() -> Any:
    """The TLS settings of this process; loading the trusted certificates takes a while, so it happens once."""
    return httpx.create_ssl_context()


def guarded_client(silence: float, verify: Any = None) -> httpx.AsyncClient:
    """A client that follows no redirect and knows no proxy, which would look the name up again.

    Args:
        silence: Seconds between two pieces of an answer.
        verify: TLS settings; this machine's trusted certificates unless given.
    """
    timeout = httpx.Timeout(silence, connect=min(CONNECT_SEC, silence))
    return httpx.AsyncClient(verify=verify or tls(), timeout=timeout, trust_env=False)


async def first_reached(
    client: httpx.AsyncClient,
    method: str,
    url: httpx.URL,
    found: list[str],
    headers: dict[str, str],
    content: bytes | None = None,
) -> httpx.Response:
    """The answer, its body not yet read, of the first of the addresses that can be reached.

    Raises:
        httpx.HTTPError: None can be, or the one that could fails.
    """
    named = {"host": url.netloc.decode(), **headers}
    for left, address in enumerate(found, 1 - len(found)):
        request = client.build_request(
            method,
            url.copy_with(host=address),
            headers=named,
            content=content,
            extensions={"sni_hostname": url.host},
        )
        try:
            return await client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            if left == 0:
                raise
    raise AssertionError  # there is always an address
