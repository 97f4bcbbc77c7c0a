"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.providers.failures import call_with_rate_limit_retry, retry_after_from_response
from genblaze.retry import MAX_RETRY_AFTER_SEC, IdempotencyStrategy, JitterStrategy, RetryPolicy

__all__ = [
    "MAX_RETRY_AFTER_SEC",
    "IdempotencyStrategy",
    "JitterStrategy",
    "RetryPolicy",
    "call_with_rate_limit_retry",
    "retry_after_from_response",
]
