"""Parameters and answers as the Gemini API writes them."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from genblaze.errors import ProviderError
from genblaze.models.enums import ProviderErrorCode

if TYPE_CHECKING:
    from genblaze.models import Asset
    from genblaze_http import Work

_C = ProviderErrorCode

#: Why a candidate ended, where that was no success (ai.google.dev/api/generate-content, FinishReason).
_ENDS = {
    **dict.fromkeys(("SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "RECITATION"), _C.CONTENT_POLICY),
    **dict.fromkeys(("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"), _C.CONTENT_POLICY),
    "MODEL_ARMOR": _C.CONTENT_POLICY,
    "MAX_TOKENS": _C.INVALID_INPUT,
}


def wire_names(params: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Parameters under Google's names: those of a table, the others from `snake_case` to `camelCase`."""
    return {names.get(name) or re.sub(r"_(\w)", lambda found: found[1].upper(), name): params[name] for name in params}


async def inline(work: Work, asset: Asset, field: str) -> dict[str, str]:
    """An input as a part of the body, its base64 in the field that this method of the API has for it."""
    part = await work.input_file(asset)
    return {"mimeType": part.media_type, field: base64.b64encode(part.data).decode()}


def cloud_only(work: Work) -> dict[str, Any]:
    """Parameters that Imagen and Veo take over Vertex AI only."""
    found = {"seed": work.request.seed, "negativePrompt": work.request.negative_prompt}
    return {name: value for name, value in found.items() if value is not None}


def parts_of(told: Mapping[str, Any], model: str) -> list[dict[str, Any]]:
    """The parts of an answer of `generateContent`, without the model's thoughts.

    Raises:
        ProviderError: `CONTENT_POLICY`, where the prompt was blocked.
    """
    if reason := (told.get("promptFeedback") or {}).get("blockReason"):
        msg = f"Google blocked the prompt for {model} ({reason})"
        raise refused(msg, _C.CONTENT_POLICY)
    candidates = told.get("candidates") or [{}]
    parts = (candidates[0].get("content") or {}).get("parts") or []
    return [part for part in parts if not part.get("thought")]


def ended(told: Mapping[str, Any], model: str) -> ProviderError:
    """Why an answer of `generateContent` has not what was asked for, as an error."""
    candidate = (told.get("candidates") or [{}])[0]
    reason = candidate.get("finishReason") or "no reason given"
    text = candidate.get("finishMessage") or " ".join(part.get("text", "") for part in parts_of(told, model))
    return refused(f"{model} made nothing ({reason}): {text[:300]}".rstrip(": "), _ENDS.get(reason, _C.MODEL_ERROR))


def refused(text: str, code: ProviderErrorCode) -> ProviderError:
    """The error of an answer that came, and so is certain."""
    return ProviderError(text, error_code=code, uncertain=False)
