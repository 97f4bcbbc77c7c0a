"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.providers.provider import (
    DEFAULT_POLL_INTERVAL,
    DEFAULT_TIMEOUT,
    BaseProvider,
    ProviderCapabilities,
    SubmitResult,
    SyncProvider,
)

__all__ = [
    "DEFAULT_POLL_INTERVAL",
    "DEFAULT_TIMEOUT",
    "BaseProvider",
    "ProviderCapabilities",
    "SubmitResult",
    "SyncProvider",
]
