"""Which addresses may be talked to: those of the open internet, whatever form they come in.

A vendor's answer, a manifest or a user's input can name any URL. Followed blindly it would reach services of this
machine and network, such as the metadata service that hands out a cloud machine's credentials.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

from genblaze.errors import ProviderError, URLPolicyError
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
