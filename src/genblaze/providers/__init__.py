"""Writing providers: the classes to subclass, and what surrounds them."""

from genblaze.models.enums import ProviderErrorCode
from genblaze.providers.provider import (
    DEFAULT_POLL_INTERVAL,
    DEFAULT_TIMEOUT,
    BaseProvider,
    ProviderCapabilities,
    SubmitResult,
    SyncProvider,
)
from genblaze.providers.runnable import Runnable, RunnableConfig
from genblaze.retry import RetryPolicy

__all__ = [
    "DEFAULT_POLL_INTERVAL",
    "DEFAULT_TIMEOUT",
    "BaseProvider",
    "ProviderCapabilities",
    "ProviderErrorCode",
    "RetryPolicy",
    "Runnable",
    "RunnableConfig",
    "SubmitResult",
    "SyncProvider",
]
