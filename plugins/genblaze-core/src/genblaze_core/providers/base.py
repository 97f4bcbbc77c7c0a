"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.models.step import UPSTREAM_ID_KEY
from genblaze.providers.failures import classify_api_error
from genblaze.providers.provider import (
    DEFAULT_POLL_INTERVAL,
    DEFAULT_TIMEOUT,
    BaseProvider,
    ProviderCapabilities,
    SubmitResult,
    SyncProvider,
)
from genblaze.providers.urls import validate_asset_url, validate_chain_input_url

__all__ = [
    "DEFAULT_POLL_INTERVAL",
    "DEFAULT_TIMEOUT",
    "UPSTREAM_ID_KEY",
    "BaseProvider",
    "ProviderCapabilities",
    "SubmitResult",
    "SyncProvider",
    "classify_api_error",
    "validate_asset_url",
    "validate_chain_input_url",
]
