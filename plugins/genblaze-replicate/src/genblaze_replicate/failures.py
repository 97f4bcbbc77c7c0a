"""What Replicate says of predictions that failed, and of requests that came too fast, as our errors.

A failed prediction has one plain text, by the platform or by the model's code, so the text is all there is to judge.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from genblaze.errors import ProviderError
from genblaze.models.enums import ProviderErrorCode

_C = ProviderErrorCode

#: Error codes at replicate.com/docs/reference/error-codes, and E005, with which models flag content.
_CODES = {
    "E005": _C.CONTENT_POLICY,
    "E1000": _C.SERVER_ERROR,
    "E1001": _C.MODEL_ERROR,
    "E6716": _C.TIMEOUT,
    "E8765": _C.SERVER_ERROR,
    "E9243": _C.SERVER_ERROR,
}
_CODE = re.compile(r"\bE\d{3,4}\b")
_WORDS = (
    (re.compile(r"^input validation error", re.I), _C.INVALID_INPUT),
    (re.compile(r"\bnsfw\b|flagged as sensitive|content policy|\bsafety\b", re.I), _C.CONTENT_POLICY),
    (re.compile(r"prediction interrupted|\bupstream\b", re.I), _C.SERVER_ERROR),
)
_STATES = {"aborted": _C.TIMEOUT, "canceled": _C.UNKNOWN}
_RESETS = re.compile(r"resets in ~(\d+)\s?s")


def failed(prediction: Mapping[str, Any]) -> ProviderError:
    """The error of a prediction that ended without success."""
    state, text = str(prediction.get("status")), str(prediction.get("error") or "")
    code = _STATES.get(state) or _code_of(text)
    reason = text or ("its deadline passed before it was started" if state == "aborted" else "no reason given")
    return ProviderError(f"Replicate prediction {prediction.get('id')} {state}: {reason}", error_code=code)


def _code_of(text: str) -> ProviderErrorCode:
    for word in _CODE.findall(text):
        if word in _CODES:
            return _CODES[word]
    return next((code for pattern, code in _WORDS if pattern.search(text)), _C.MODEL_ERROR)


def with_wait(error: ProviderError) -> ProviderError:
    """The error, with the waiting time that Replicate states in its text only."""
    if error.retry_after is None and (stated := _RESETS.search(str(error))):
        error.retry_after = float(stated[1])
    return error
