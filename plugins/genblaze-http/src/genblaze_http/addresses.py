"""Which URLs and addresses may be talked to: those of the open internet, whatever form they come in.

A vendor's answer, a manifest or a user's input can name any URL. Followed blindly it would reach services of this
machine and network, such as the metadata service that hands out a cloud machine's credentials.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

import httpx

from genblaze.errors import GenblazeError, ProviderError, URLPolicyError
from genblaze.models.asset_url import strip_asset_url_credentials
from genblaze.models.enums import ProviderErrorCode

#: Gives every address of a host, in order of preference.
Resolve: TypeAlias = Callable[[str, int], Awaitable[list[str]]]

_UNICAST = IPv6Network("2000::/3")
_DOCUMENTATION = IPv6Network("3fff::/20")  # too new (RFC 9637) for the `is_global` of some Pythons
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))


async def resolve(host: str, port: int) -> list[str]:
    """Ask the system for every address of a host.

    Raises:
        ProviderError: There is none.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        msg = f"The host {host!r} cannot be found: {error}"
        raise ProviderError(msg, error_code=ProviderErrorCode.SERVER_ERROR) from error
    return [str(address[0]) for *_, address in found]


def is_public(address: str) -> bool:
    """Whether an address belongs to the open internet; one that wraps another is judged by both."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return found.is_global and not found.is_multicast
    inner = _wrapped(found)
    if inner is not None:
        return found not in _NAT64[1] and is_public(str(inner))
    return found in _UNICAST and found not in _DOCUMENTATION and found.is_global


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped, 6to4, Teredo, NAT64."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in network for network in _NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


async def permitted(host: str, port: int, scheme: str, *, trusted: bool, ask: Resolve = resolve) -> list[str]:
    """The addresses of a host, all of which may be talked to.

    Args:
        host: Name or address.
        port: Port.
        scheme: `https` or `http`.
        trusted: The user named this very origin, so an address of this network is no surprise.
        ask: Who is asked.

    Raises:
        URLPolicyError: One of the addresses may not: whoever can add one would choose which is taken.
        ProviderError: The host is not known.
    """
    addresses = list(dict.fromkeys(await ask(host, port)))
    if not addresses:
        msg = f"The host {host!r} has no address"
        raise ProviderError(msg, error_code=ProviderErrorCode.SERVER_ERROR)
    if scheme == "http":
        allowed = trusted and all(map(is_loopback, addresses))
    else:
        allowed = trusted or all(map(is_public, addresses))
    if not allowed:
        msg = (
            f"{host!r} is an address of this machine or its network ({addresses[0]}), or is reached by plain http: "
            "only public https addresses are fetched, and what lies at a provider's own base_url"
        )
        raise URLPolicyError(msg)
    return addresses


def checked(url: str, origin: str | None) -> httpx.URL:
    """The parsed URL, if its form allows to fetch it; its address is looked at later.

    Raises:
        URLPolicyError: With what is wrong.
    """
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError, ValueError):
        parsed = httpx.URL("")
    problem = None
    if not parsed.host or "%" in parsed.host or any(ord(character) <= 32 or character == "\x7f" for character in url):
        problem = "is no URL"
    elif origin is not None and origin_of(parsed) == origin:
        problem = None if parsed.scheme in ("https", "http") else "is neither https nor http"
    elif parsed.scheme != "https":
        problem = "is not https"
    elif parsed.port not in (None, 443):
        problem = f"names port {parsed.port}; only 443 is fetched from"
    if parsed.userinfo:
        problem = "carries a user name or password"
    if problem is not None:
        msg = f"{shown(url)!r} is not fetched: it {problem}"
        raise URLPolicyError(msg)
    return parsed.copy_with(fragment=None)


def origin_of(url: httpx.URL) -> str:
    """`scheme://host:port`, as `FetchContext.origin` has it."""
    return f"{url.scheme}://{url.netloc.decode()}"


def shown(url: str) -> str:
    """A URL for messages: without query, whose values are often signatures, and not endless."""
    try:
        bare = strip_asset_url_credentials(url)
    except (GenblazeError, ValueError):
        return "a malformed URL"
    return bare.partition("?")[0][:200]
