"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.models.step import UPSTREAM_ID_KEY
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
    "UPSTREAM_ID_KEY",
    "BaseProvider",
    "ProviderCapabilities",
    "SubmitResult",
    "SyncProvider",
]
