"""The Gemini API as data: address, refusals, and the models with the days on which they end."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from genblaze.catalogue import KnownModel
from genblaze.models.enums import Modality, ProviderErrorCode
from genblaze_http import Vendor

if TYPE_CHECKING:
    from genblaze_http import Answer

_C = ProviderErrorCode
_SOURCE = "ai.google.dev/gemini-api/docs/deprecations"
_CHECKED = date(2026, 11, 22)
_LIVE_IMAGE, _LIVE_VIDEO = "gemini-3.1-flash-image", "gemini-omni-1.2-flash"


def _model(name: str, modality: Modality, **facts: Any) -> KnownModel:
    return KnownModel(name=name, modality=modality, source=_SOURCE, checked=_CHECKED, **facts)


def _gone(modality: Modality, day: date, replacement: str | None, *names: str) -> list[KnownModel]:
    return [_model(name, modality, shutdown=day, replacement=replacement) for name in names]


#: Models of `GeminiImageProvider`.
_PICTURES = (
    _model("gemini-3.1-flash-image", Modality.IMAGE, price="0.045 to 0.151 USD per picture, by imageSize"),
    *(
        _model(name, Modality.IMAGE)
        for name in ("gemini-3-pro-image", "gemini-3.1-flash-lite-image", "gemini-nano-banana-2.1")
    ),
    *_gone(
        Modality.IMAGE, date(2026, 6, 25), _LIVE_IMAGE, "gemini-3.1-flash-image-preview", "gemini-3-pro-image-preview"
    ),
    *_gone(Modality.IMAGE, date(2026, 10, 2), _LIVE_IMAGE, "gemini-2.5-flash-image"),
)
#: Models of `GeminiTTSProvider` and of `GeminiOmniProvider`.
_SPEECH = [_model(name, Modality.AUDIO) for name in ("gemini-3.8-flash-tts", "gemini-3.8-flash-lite-tts")]
_OMNI = (
    _model("gemini-omni-1.2-flash", Modality.VIDEO, price="0.023 to 0.21 USD per second, by resolution"),
    _model("gemini-omni-1.1-flash", Modality.VIDEO, price="0.03 to 0.30 USD per second, by resolution"),
)
#: Models of `ImagenProvider`.
_IMAGEN = _gone(
    Modality.IMAGE,
    date(2026, 8, 17),
    _LIVE_IMAGE,
    "imagen-4.0-generate-001",
    "imagen-4.0-fast-generate-001",
    "imagen-4.0-ultra-generate-001",
)
#: Models of `VeoProvider`; the last two ended in the course of October.
_VEO = (
    *_gone(Modality.VIDEO, date(2026, 6, 30), _LIVE_VIDEO, "veo-2.0-generate-001"),
    *_gone(Modality.VIDEO, date(2026, 6, 30), _LIVE_VIDEO, "veo-3.0-generate-001", "veo-3.0-fast-generate-001"),
    *_gone(
        Modality.VIDEO, date(2026, 10, 31), _LIVE_VIDEO, "veo-3.1-generate-preview", "veo-3.1-fast-generate-preview"
    ),
)

_POLICY = ("usage guidelines", "safety", "responsible ai")
_KEY = ("api key not valid", "api key expired")


def refused_content(text: str) -> bool:
    """Whether a message is about what was asked for; Google has no code of its own for that."""
    return any(words in text.lower() for words in _POLICY)


def _judge(answer: Answer) -> ProviderErrorCode | None:
    """What Google tells in the text only, and quotas that no waiting within a run helps against."""
    text = answer.message.lower()
    if answer.status == 429:
        return _C.AUTH_FAILURE if _is_daily(answer.body) else None
    if answer.status not in (400, 404):
        return None
    if any(words in text for words in _KEY):
        return _C.AUTH_FAILURE
    if "no longer available" in text:
        return _C.MODEL_ERROR
    return _C.CONTENT_POLICY if answer.status == 400 and refused_content(text) else None


def _is_daily(body: Any) -> bool:
    """Whether a quota of the day is used up (`QuotaFailure.violations[].quotaId`)."""
    error = body.get("error") if isinstance(body, dict) else None
    details = error.get("details") if isinstance(error, dict) else None
    found = [each for detail in details or () if isinstance(detail, dict) for each in detail.get("violations") or ()]
    return any("PerDay" in str(each.get("quotaId")) for each in found if isinstance(each, dict))


GOOGLE = Vendor(
    name="Google",
    base_url="https://generativelanguage.googleapis.com",
    base_url_variable="GOOGLE_GEMINI_BASE_URL",
    key_variables=("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    key_header="x-goog-api-key",
    key_format="{key}",
    codes={
        "API_KEY_INVALID": _C.AUTH_FAILURE,
        "FAILED_PRECONDITION": _C.AUTH_FAILURE,  # no billing account, or a region that is not served
        "DEADLINE_EXCEEDED": _C.TIMEOUT,
        "failed_precondition": _C.AUTH_FAILURE,  # the Interactions API writes its codes so
        "deadline_exceeded": _C.TIMEOUT,
    },
    statuses={499: _C.TIMEOUT},
    judge=_judge,
    takes=("data",),
    models=(*_PICTURES, *_SPEECH),
)
"""The vendor of the providers here; those below have models that only one of them speaks to."""

IMAGEN = msgspec.structs.replace(GOOGLE, models=tuple(_IMAGEN))
OMNI = msgspec.structs.replace(GOOGLE, models=_OMNI)
VEO = msgspec.structs.replace(GOOGLE, models=_VEO)
