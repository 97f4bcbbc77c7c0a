"""OpenAI's API as data: address, error codes, and the models with the days on which they end."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from genblaze.catalogue import KnownModel
from genblaze.models.enums import Modality, ProviderErrorCode
from genblaze_http import Vendor

if TYPE_CHECKING:
    from genblaze_http import Answer

_C = ProviderErrorCode
_SOURCE = "developers.openai.com/api/docs/deprecations"
_CHECKED = date(2026, 11, 22)
_LIVE_IMAGE = "gpt-image-2.6-flare"
_TOKENS = "30 USD per million image tokens made, 8 read, 5 for text"


def _model(name: str, modality: Modality, **facts: object) -> KnownModel:
    return KnownModel(name=name, modality=modality, source=_SOURCE, checked=_CHECKED, **facts)  # type: ignore[arg-type]  # the fields of KnownModel


def _gone(modality: Modality, day: date, replacement: str | None, *names: str) -> list[KnownModel]:
    return [_model(name, modality, shutdown=day, replacement=replacement) for name in names]


#: The live picture models and their snapshots.
TOKEN_BILLED = (
    "gpt-image-2.6-flare",
    "gpt-image-2.6-sunburst",
    "gpt-image-2.5-flare",
    "gpt-image-2.5-flare-2026-09-08",
    "gpt-image-2.5-sunburst",
    "gpt-image-2.5-sunburst-2026-09-08",
    "gpt-image-2",
    "gpt-image-2-2026-04-21",
)

MODELS = (
    *(_model(name, Modality.IMAGE, price=_TOKENS) for name in TOKEN_BILLED),
    *_gone(Modality.IMAGE, date(2026, 12, 1), _LIVE_IMAGE, "gpt-image-1-mini", "gpt-image-1.5", "chatgpt-image-latest"),
    *_gone(Modality.IMAGE, date(2026, 10, 23), _LIVE_IMAGE, "gpt-image-1"),
    *_gone(Modality.IMAGE, date(2026, 5, 12), _LIVE_IMAGE, "dall-e-2", "dall-e-3"),
    _model("tts-1", Modality.AUDIO, shutdown=date(2027, 1, 6), price="15 USD per million characters"),
    _model("tts-1-hd", Modality.AUDIO, shutdown=date(2027, 1, 6), price="30 USD per million characters"),
    _model("gpt-4o-mini-tts", Modality.AUDIO, shutdown=date(2027, 1, 6)),
    _model("gpt-transcribe", Modality.TEXT),
    _model("whisper-1", Modality.TEXT, shutdown=date(2027, 2, 26), replacement="gpt-transcribe"),
    _model("gpt-4o-transcribe", Modality.TEXT, shutdown=date(2027, 2, 26), replacement="gpt-transcribe"),
    _model("gpt-4o-mini-transcribe", Modality.TEXT, shutdown=date(2027, 2, 26), replacement="gpt-transcribe"),
    *_gone(Modality.VIDEO, date(2026, 9, 24), None, "sora-2", "sora-2-pro"),
)


def _judge(answer: Answer) -> ProviderErrorCode | None:
    """OpenAI leaves `code` empty for some refusals; then its message is the only place that tells."""
    if answer.code is not None or answer.status not in (400, 404):
        return None
    if "safety system" in answer.message:
        return _C.CONTENT_POLICY
    if "does not exist or you do not have access" in answer.message:
        return _C.MODEL_ERROR
    return None


OPENAI = Vendor(
    name="OpenAI",
    base_url="https://api.openai.com/v1",
    base_url_variable="OPENAI_BASE_URL",
    key_variables=("OPENAI_API_KEY",),
    header_variables={"OpenAI-Organization": "OPENAI_ORG_ID", "OpenAI-Project": "OPENAI_PROJECT_ID"},
    codes={
        "moderation_blocked": _C.CONTENT_POLICY,
        "content_policy_violation": _C.CONTENT_POLICY,
        "model_not_found": _C.MODEL_ERROR,
        "rate_limit_exceeded": _C.RATE_LIMIT,
        "slow_down": _C.RATE_LIMIT,
        "credit_balance_exhausted": _C.AUTH_FAILURE,
        "insufficient_quota": _C.AUTH_FAILURE,  # also the type of all limits on spending
    },
    statuses={409: _C.SERVER_ERROR},
    judge=_judge,
    takes=("data",),
    models=MODELS,
)
"""The vendor of all providers here."""
