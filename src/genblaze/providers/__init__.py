"""Writing providers: the classes to subclass, and what surrounds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze.lazy import loads_at_first_use

if TYPE_CHECKING:
    from genblaze.models.enums import ProviderErrorCode as ProviderErrorCode
    from genblaze.providers.provider import DEFAULT_POLL_INTERVAL as DEFAULT_POLL_INTERVAL
    from genblaze.providers.provider import DEFAULT_TIMEOUT as DEFAULT_TIMEOUT
    from genblaze.providers.provider import BaseProvider as BaseProvider
    from genblaze.providers.provider import ProviderCapabilities as ProviderCapabilities
    from genblaze.providers.provider import SubmitResult as SubmitResult
    from genblaze.providers.provider import SyncProvider as SyncProvider
    from genblaze.providers.runnable import Runnable as Runnable
    from genblaze.providers.runnable import RunnableConfig as RunnableConfig
    from genblaze.retry import RetryPolicy as RetryPolicy

__getattr__, __dir__, __all__ = loads_at_first_use(
    __name__,
    {
        "genblaze.models.enums": "ProviderErrorCode",
        "genblaze.providers.provider": (
            "BaseProvider DEFAULT_POLL_INTERVAL DEFAULT_TIMEOUT ProviderCapabilities SubmitResult SyncProvider"
        ),
        "genblaze.providers.runnable": "Runnable RunnableConfig",
        "genblaze.retry": "RetryPolicy",
    },
)
