"""What every provider with an HTTP API shares: the declared vendor, the client, failures, the classes to subclass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze_http.lazy import callable_module, lazy_names

if TYPE_CHECKING:
    from genblaze_http.client import FilePart as FilePart
    from genblaze_http.client import Reply as Reply
    from genblaze_http.client import VendorClient as VendorClient
    from genblaze_http.client import nothing_bought as nothing_bought
    from genblaze_http.listing import FindsJobs as FindsJobs
    from genblaze_http.listing import ListsModels as ListsModels
    from genblaze_http.provider import PolledProvider as PolledProvider
    from genblaze_http.provider import SingleCallProvider as SingleCallProvider
    from genblaze_http.settings import Settings as Settings
    from genblaze_http.vendor import Answer as Answer
    from genblaze_http.vendor import Vendor as Vendor
    from genblaze_http.vendor import declare as declare
    from genblaze_http.vendor import provider_hooks as provider_hooks
    from genblaze_http.webhooks.config import WebhookConfig as WebhookConfig
    from genblaze_http.webhooks.config import WebhookEvent as WebhookEvent
    from genblaze_http.webhooks.notifier import WebhookNotifier as WebhookNotifier
    from genblaze_http.webhooks.sink import WebhookSink as WebhookSink
    from genblaze_http.work import Work as Work

_HOMES = {
    "Answer": "vendor",
    "FilePart": "client",
    "FindsJobs": "listing",
    "ListsModels": "listing",
    "PolledProvider": "provider",
    "Reply": "client",
    "Settings": "settings",
    "SingleCallProvider": "provider",
    "Vendor": "vendor",
    "VendorClient": "client",
    "WebhookConfig": "webhooks.config",
    "WebhookEvent": "webhooks.config",
    "WebhookNotifier": "webhooks.notifier",
    "WebhookSink": "webhooks.sink",
    "Work": "work",
    "declare": "vendor",
    "nothing_bought": "client",
    "provider_hooks": "vendor",
}

__all__ = [*_HOMES, "callable_module", "lazy_names"]
__getattr__, __dir__ = lazy_names(__name__, _HOMES)
