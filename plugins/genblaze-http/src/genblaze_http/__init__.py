"""What every provider with an HTTP API shares: the declared vendor, the client, failures, the classes to subclass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genblaze_http.client import FilePart as FilePart
    from genblaze_http.client import Reply as Reply
    from genblaze_http.client import VendorClient as VendorClient
    from genblaze_http.failures import Answer as Answer
    from genblaze_http.listing import ListsModels as ListsModels
    from genblaze_http.provider import PolledProvider as PolledProvider
    from genblaze_http.provider import Settings as Settings
    from genblaze_http.provider import SingleCallProvider as SingleCallProvider
    from genblaze_http.vendor import Vendor as Vendor
    from genblaze_http.vendor import declare as declare
    from genblaze_http.work import Work as Work

_HOMES = {
    "Answer": "failures",
    "FilePart": "client",
    "ListsModels": "listing",
    "PolledProvider": "provider",
    "Reply": "client",
    "Settings": "provider",
    "SingleCallProvider": "provider",
    "Vendor": "vendor",
    "VendorClient": "client",
    "Work": "work",
    "declare": "vendor",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
