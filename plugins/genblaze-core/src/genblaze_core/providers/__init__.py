"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.models.asset_url import strip_asset_url_credentials
from genblaze.providers.provider import BaseProvider, ProviderCapabilities, SubmitResult, SyncProvider
from genblaze.retry import MAX_RETRY_AFTER_SEC, RetryPolicy

__all__ = [
    "MAX_RETRY_AFTER_SEC",
    "BaseProvider",
    "ProviderCapabilities",
    "RetryPolicy",
    "SubmitResult",
    "SyncProvider",
    "strip_asset_url_credentials",
]
