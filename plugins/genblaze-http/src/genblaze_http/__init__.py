"""What every provider with an HTTP API shares: the declared vendor, the client, and the reading of its failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genblaze_http.client import FilePart as FilePart
    from genblaze_http.client import Reply as Reply
    from genblaze_http.client import VendorClient as VendorClient
    from genblaze_http.failures import Answer as Answer
    from genblaze_http.vendor import Vendor as Vendor
    from genblaze_http.vendor import declare as declare

_HOMES = {
    "Answer": "failures",
    "FilePart": "client",
    "Reply": "client",
    "Vendor": "vendor",
    "VendorClient": "client",
    "declare": "vendor",
}

__all__ = ["Answer", "FilePart", "Reply", "Vendor", "VendorClient", "declare"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
