"""A published import path. Generated from published_names.txt by tools/facade.py."""

from importlib import import_module
from typing import TYPE_CHECKING

from genblaze.providers.failures import call_with_rate_limit_retry, retry_after_from_response
from genblaze.retry import MAX_RETRY_AFTER_SEC, IdempotencyStrategy, JitterStrategy, RetryPolicy

if TYPE_CHECKING:
    from genblaze_http.client import PRE_RESPONSE_EXCEPTIONS

__all__: list[str] = [
    "MAX_RETRY_AFTER_SEC",
    "PRE_RESPONSE_EXCEPTIONS",
    "IdempotencyStrategy",
    "JitterStrategy",
    "RetryPolicy",
    "call_with_rate_limit_retry",
    "retry_after_from_response",
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
