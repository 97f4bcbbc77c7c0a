"""Recognises credentials in text, so that none enters a manifest, a log or an error message."""

from __future__ import annotations

import re
from typing import Any

REDACTED = "[REDACTED]"

#: Shapes of secrets: prefixes vendors give their keys, and the ways keys are written into text and URLs.
_SHAPES = (
    r"\br8_[A-Za-z0-9]{16,}",
    r"\bsk-(?:ant-)?[A-Za-z0-9_-]{16,}",
    r"\b(?:key|rw|hf|luma)[_-][A-Za-z0-9_-]{24,}",
    r"\bAIza[A-Za-z0-9_-]{30,}",
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    r"\bK00[0-9][A-Za-z0-9+/]{27}\b",
    r"(?<![A-Za-z0-9/+=])(?=[A-Za-z0-9/+]*[a-z])(?=[A-Za-z0-9/+]*[A-Z])(?=[A-Za-z0-9/+]*[0-9])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])",
    r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)",
    r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
    r"(?i:\b(?:bearer|token)\s+)[A-Za-z0-9._~+/-]{16,}=*",
    r"(?i:\b(?:api[_-]?key|apikey|access[_-]?token|secret|password)\b[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;]{8,}",
)
_SECRET = re.compile("|".join(f"(?:{shape})" for shape in _SHAPES))

#: Values in the query of a URL that let whoever has the URL in. Parameters may hold such URLs: vendors ask for them.
_IN_QUERY = re.compile(
    r"(?i)([?&](?:x-amz-[a-z-]+|x-goog-[a-z-]+|sig|signature|token|access_token|key|api[_-]?key|auth|secret|password)=)"
    r"[^&\s\"'<>]+"
)

#: How much of an error text is read and how much is kept, in characters.
_READ, _KEPT = 2000, 500
_MAX_DEPTH = 100


def redact_secrets(text: str) -> str:
    """`text` with everything that looks like a credential replaced by `[REDACTED]`."""
    return _IN_QUERY.sub(rf"\1{REDACTED}", _SECRET.sub(REDACTED, text))


def without_credentials(value: Any) -> Any:
    """A value that a provider stated, with every text in it that looks like a credential redacted."""
    return value if find_credential(value) is None else _redacted(value, 0)


def _redacted(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return redact_secrets(value)
    if depth > _MAX_DEPTH:
        return REDACTED
    if isinstance(value, dict):
        return {key: _redacted(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(item, depth + 1) for item in value]
    return value


def sanitize_error(text: str) -> str:
    """An error text fit for records and logs: no credentials, no lone surrogates, at most 500 characters."""
    clean = redact_secrets(text[:_READ].encode(errors="backslashreplace").decode())
    return clean if len(clean) <= _KEPT else clean[:_KEPT] + "...(truncated)"


def find_credential(value: Any, where: str = "", depth: int = 0) -> str | None:
    """The path of the first string inside `value` that looks like a credential, or None."""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if isinstance(value, str):
        # No shape is shorter than this; most parameters are.
        return where or "value" if len(value) >= 12 and _SECRET.search(value) else None
    if depth > _MAX_DEPTH:
        return None
    if isinstance(value, dict):
        items = ((f"{where}.{key}" if where else str(key), item) for key, item in value.items())
    elif isinstance(value, list | tuple):
        items = ((f"{where}[{index}]", item) for index, item in enumerate(value))
    else:
        return None
    for path, item in items:
        if found := find_credential(item, path, depth + 1):
            return found
    return None
