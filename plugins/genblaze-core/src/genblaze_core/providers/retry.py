"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.retry import MAX_RETRY_AFTER_SEC, IdempotencyStrategy, JitterStrategy, RetryPolicy

__all__ = ["MAX_RETRY_AFTER_SEC", "IdempotencyStrategy", "JitterStrategy", "RetryPolicy"]
