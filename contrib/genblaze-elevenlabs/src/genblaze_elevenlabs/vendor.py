"""ElevenLabs' API as data: address, error codes, and the models of each of its three arts.

Source: https://elevenlabs.io/docs/api-reference.
"""

from __future__ import annotations

from typing import Any

from genblaze import Modality, ProviderErrorCode
from genblaze.catalogue import KnownModel
from genblaze_http import Answer, Vendor

_Code = ProviderErrorCode

CODES = {
    "invalid_api_key": _Code.AUTH_FAILURE,
    "missing_permissions": _Code.AUTH_FAILURE,
    "quota_exceeded": _Code.AUTH_FAILURE,
    "max_character_limit_exceeded": _Code.INVALID_INPUT,
    "invalid_uid": _Code.INVALID_INPUT,
    "voice_not_found": _Code.INVALID_INPUT,
    "model_not_found": _Code.MODEL_ERROR,
    "too_many_concurrent_requests": _Code.RATE_LIMIT,
    "system_busy": _Code.RATE_LIMIT,
    "bad_prompt": _Code.CONTENT_POLICY,
    "content_against_policy": _Code.CONTENT_POLICY,
}


def judge(answer: Answer) -> ProviderErrorCode | None:
    """Read the code where ElevenLabs has it: `detail.status`, and `detail.code` in newer answers."""
    detail: Any = answer.body.get("detail") if isinstance(answer.body, dict) else None
    words = [detail.get(name) for name in ("status", "code")] if isinstance(detail, dict) else []
    return next((CODES[word] for word in words if isinstance(word, str) and word in CODES), None)


def _vendor(*models: str) -> Vendor:
    source = "elevenlabs.io/docs/models"
    return Vendor(
        name="ElevenLabs",
        base_url="https://api.elevenlabs.io",
        base_url_variable="ELEVENLABS_BASE_URL",
        key_variables=("ELEVENLABS_API_KEY",),
        key_header="xi-api-key",
        key_format="{key}",
        judge=judge,
        models=tuple(KnownModel(name=name, modality=Modality.AUDIO, source=source) for name in models),
    )


SPEECH = _vendor("eleven_v3", "eleven_multilingual_v2", "eleven_flash_v2_5", "eleven_turbo_v2_5")
EFFECTS = _vendor("eleven_text_to_sound_v2")
MUSIC = _vendor("music_v1")
