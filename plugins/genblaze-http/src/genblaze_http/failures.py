"""From a failed call to a `ProviderError`: the parsed body first, then the HTTP status, never prose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from genblaze.errors import ProviderError
from genblaze.models.enums import ProviderErrorCode
from genblaze_http.retry_after import retry_after, waiting_time
from genblaze_http.vendor import Answer, Vendor

_C = ProviderErrorCode

#: What an HTTP status means where neither body nor vendor says more.
STATUSES: Mapping[int, ProviderErrorCode] = {
    401: _C.AUTH_FAILURE,
    402: _C.AUTH_FAILURE,
    403: _C.AUTH_FAILURE,
    408: _C.TIMEOUT,
    410: _C.MODEL_ERROR,
    429: _C.RATE_LIMIT,
    504: _C.TIMEOUT,
}
_UNWELL = frozenset({_C.SERVER_ERROR, _C.TIMEOUT, _C.UNKNOWN})
_NOT_TAKEN = frozenset({429, 503})
_SERVER_ERROR = 500
_SHOWN = 300


def read_answer(method: str, status: int, headers: Mapping[str, str], content: bytes) -> Answer:
    """Find code, type and message in the shapes that vendors use."""
    try:
        body = msgspec.json.decode(content) if content else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = None
    first = body[0] if isinstance(body, list) and body else body
    error = first.get("error", first) if isinstance(first, dict) else {}
    facts = error if isinstance(error, dict) else {"message": error}
    reasons = [detail.get("reason") for detail in _details(facts)]
    return Answer(
        method=method,
        status=status,
        headers=headers,
        body=first,
        code=_text(facts.get("code")),
        kind=_text(facts.get("type")) or _text(facts.get("status")),
        message=_message(facts, content),
        reasons=tuple(reason for reason in reasons if isinstance(reason, str)),
    )


def failure(vendor: Vendor, answer: Answer, request_id: str | None = None) -> ProviderError:
    """The error that an answer amounts to.

    `uncertain` tells whether a paid request may have been taken all the same: after a server's error, unless it is one
    that shows the request was turned away (429, 503).
    """
    code = classify(vendor, answer)
    where = f" (request {request_id})" if request_id else ""
    text = f"{vendor.name} answered HTTP {answer.status}{where}: {answer.message or 'no message'}"
    if answer.status in (402, 429) and code is _C.AUTH_FAILURE:
        text += ". The account has no credit left or has reached its spending limit: see its billing page"
    elif answer.status in (401, 403) and code is _C.AUTH_FAILURE:
        text += f". Check the key in {' or '.join(vendor.key_variables)}"
    wait = retry_after(answer.headers) or _wait_in_body(answer.body)
    uncertain = code in _UNWELL and answer.status not in _NOT_TAKEN
    return ProviderError(text, error_code=code, retry_after=wait, uncertain=uncertain)


def classify(vendor: Vendor, answer: Answer) -> ProviderErrorCode:
    """Our code for an answer: the vendor's own judgement, its codes, its statuses, then ours."""
    judged = vendor.judge(answer) if vendor.judge is not None else None
    if judged is not None:
        return judged
    for word in (answer.code, *answer.reasons, answer.kind):
        if word is not None and word in vendor.codes:
            return vendor.codes[word]
    known = vendor.statuses.get(answer.status) or STATUSES.get(answer.status)
    if known is not None:
        return known
    if answer.status == 404:
        return _C.MODEL_ERROR if answer.method == "POST" else _C.INVALID_INPUT
    return _C.SERVER_ERROR if answer.status >= _SERVER_ERROR else _C.INVALID_INPUT


def _message(facts: Mapping[str, Any], content: bytes) -> str:
    for name in ("message", "detail", "title", "error"):
        value = facts.get(name)
        if isinstance(value, str) and value:
            return value[:_SHOWN]
        if isinstance(value, list | dict) and value:
            return msgspec.json.encode(value).decode()[:_SHOWN]
    return "" if facts else content[:_SHOWN].decode("utf-8", "replace").strip()


def _wait_in_body(body: Any) -> float | None:
    """Google's RetryInfo: `error.details[].retryDelay`."""
    error = body.get("error") if isinstance(body, dict) else None
    for detail in _details(error if isinstance(error, dict) else {}):
        delay = detail.get("retryDelay")
        if isinstance(delay, str) and (wait := waiting_time(delay)) is not None:
            return wait
    return None


def _details(error: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = error.get("details")
    return [detail for detail in found if isinstance(detail, dict)] if isinstance(found, list) else []


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
