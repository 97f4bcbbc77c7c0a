"""A published import path. Generated from published_names.txt by tools/facade.py."""

from importlib import import_module
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from genblaze_http.client import PRE_RESPONSE_EXCEPTIONS

__all__: list[str] = [
    "DEFAULT_POLL_INTERVAL",
    "DEFAULT_TIMEOUT",
    "PRE_RESPONSE_EXCEPTIONS",
    "UPSTREAM_ID_KEY",
    "BaseProvider",
    "ProviderCapabilities",
    "SubmitResult",
    "SyncProvider",
    "classify_api_error",
    "validate_asset_url",
    "validate_chain_input_url",
]

_HOMES = {"PRE_RESPONSE_EXCEPTIONS": "genblaze_http.client"}

if not TYPE_CHECKING:  # as in the package itself

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            from genblaze_core import __getattr__ as published

            return published(name)
        try:
            return getattr(import_module(_HOMES[name]), name)
        except ModuleNotFoundError as error:
            distribution = _HOMES[name].partition(".")[0].replace("_", "-")
            msg = f"{name} is part of {distribution}, which is not installed. Run: pip install {distribution}"
            raise ImportError(msg, name=_HOMES[name]) from error
