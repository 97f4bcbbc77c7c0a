"""For providers that call their vendor themselves: what its failure was, and how long to wait after it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import sleep
from typing import Any, TypeVar

from genblaze.errors import ProviderError
from genblaze.models.enums import ProviderErrorCode
from genblaze.retry import MAX_RETRY_AFTER_SEC, RetryPolicy

__all__ = ["call_with_rate_limit_retry", "classify_api_error", "retry_after_from_response"]

T = TypeVar("T")

#: The words of each failure, whole ones: "author" is no `auth`, and "v1500" no `500`.
_WORDS = {
    ProviderErrorCode.TIMEOUT: r"time(?:d|s)?[ -]?out|timeouts?",
    ProviderErrorCode.RATE_LIMIT: r"rate[ _-]?limit\w*|too many requests|429",
    ProviderErrorCode.CONTENT_POLICY: r"content[ _-]?(?:policy|filter\w*)|policy violation|safety|moderation",
    ProviderErrorCode.AUTH_FAILURE: (
        r"auth|(?:un)?authori[sz](?:ed|ation)|authentication|unauthenticated|forbidden|401|403|api[ _-]?key"
    ),
    ProviderErrorCode.INVALID_INPUT: r"invalid(?:_\w+)?|validation|400|422",
    ProviderErrorCode.SERVER_ERROR: r"server|50[0234]",
    ProviderErrorCode.MODEL_ERROR: r"model\b.*\b(?:not found|not available|does not exist)",
}
_PATTERNS = {code: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for code, words in _WORDS.items()}

_STATUSES = {
    400: ProviderErrorCode.INVALID_INPUT,
    401: ProviderErrorCode.AUTH_FAILURE,
    403: ProviderErrorCode.AUTH_FAILURE,
    408: ProviderErrorCode.TIMEOUT,
    422: ProviderErrorCode.INVALID_INPUT,
    429: ProviderErrorCode.RATE_LIMIT,
}


def classify_api_error(exc: Exception | str) -> ProviderErrorCode:
    """The code of a failure: by the exception itself and its HTTP status where it has one, else by its words.

    Words mislead. Read the vendor's own error field where there is one, and raise `ProviderError` with the code.
    """
    if isinstance(exc, ProviderError) and exc.error_code is not None:
        return exc.error_code
    if isinstance(exc, TimeoutError):
        return ProviderErrorCode.TIMEOUT
    status = getattr(exc, "status_code", None) or getattr(getattr(exc, "response", None), "status_code", None)
    if isinstance(status, int) and status >= 500:
        return ProviderErrorCode.SERVER_ERROR
    if status in _STATUSES:
        return _STATUSES[status]
    text = str(exc)
    found = (code for code, pattern in _PATTERNS.items() if pattern.search(text))
    return next(found, ProviderErrorCode.UNKNOWN)


def retry_after_from_response(resp: Any) -> float | None:
    """Seconds that an answer's `Retry-After` asks to wait, at most 120; None where it asks for nothing.

    Args:
        resp: A response, an exception that has one, or the headers themselves.
    """
    headers = getattr(getattr(resp, "response", None), "headers", None) or getattr(resp, "headers", resp)
    if not hasattr(headers, "items"):
        return None
    value = next((value for name, value in headers.items() if str(name).lower() == "retry-after"), None)
    seconds = None if value is None else _seconds(str(value))
    return min(seconds, MAX_RETRY_AFTER_SEC) if seconds is not None and seconds > 0 else None


def _seconds(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()


def call_with_rate_limit_retry(fn: Callable[[], T], *, policy: RetryPolicy | None = None) -> T:
    """Call `fn`, and again while the vendor limits the rate: for requests outside of a step, such as a list of models.

    Blocks while it waits. Within `submit`, `poll` or `fetch_output` raise the error instead; the engine repeats them.

    Raises:
        ProviderError: `fn`'s last one, with code `RATE_LIMIT`; any other error of it comes through at once.
    """
    policy = policy or RetryPolicy()
    attempt = 1
    while True:
        try:
            return fn()
        except ProviderError as error:
            limited = error.error_code == ProviderErrorCode.RATE_LIMIT
            if not limited or not policy.should_retry(error.error_code, attempt):
                raise
            sleep(policy.compute_delay(attempt, error.retry_after))
            attempt += 1
