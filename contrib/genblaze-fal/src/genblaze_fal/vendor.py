"""fal's queue as data: address, refusals, and some of the models that it hosts.

Source: https://docs.fal.ai/documentation/model-apis/inference/queue and its pages on errors.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from genblaze import Modality, ProviderErrorCode
from genblaze.catalogue import KnownModel
from genblaze_http import Answer, Vendor

_Code = ProviderErrorCode

CODES = {
    "content_policy_violation": _Code.CONTENT_POLICY,
    "no_media_generated": _Code.MODEL_ERROR,
    "request_timeout": _Code.TIMEOUT,
    "startup_timeout": _Code.TIMEOUT,
    "generation_timeout": _Code.TIMEOUT,
    "bad_request": _Code.INVALID_INPUT,
    "client_cancelled": _Code.UNKNOWN,
    "client_disconnected": _Code.UNKNOWN,
    "internal_error": _Code.SERVER_ERROR,
    "internal_server_error": _Code.SERVER_ERROR,
    "downstream_service_error": _Code.SERVER_ERROR,
    "downstream_service_unavailable": _Code.SERVER_ERROR,
}


def code_of(kind: str | None) -> ProviderErrorCode | None:
    """What an `error_type`, or the `type` of a model's complaint, means; None for one that is not known."""
    if kind and kind.startswith("runner_"):
        return ProviderErrorCode.SERVER_ERROR
    return CODES.get(kind or "")


def judge(answer: Answer) -> ProviderErrorCode | None:
    """Read the kinds of errors where fal has them: beside `detail`, in each entry of it, or in a header."""
    kinds = (*_kinds(answer.body), answer.headers.get("x-fal-error-type"))
    return next((code for kind in kinds if (code := code_of(kind))), None)


def _kinds(body: Any) -> Iterator[str]:
    if isinstance(body, dict):
        details = body.get("detail")
        complaints = details if isinstance(details, list) else []
        yield from (each["type"] for each in complaints if isinstance(each, dict) and isinstance(each.get("type"), str))
        if isinstance(kind := body.get("error_type"), str):
            yield kind


def _model(name: str, modality: Modality, price: str | None = None) -> KnownModel:
    return KnownModel(name=name, modality=modality, price=price, source=f"fal.ai/models/{name}")


FAL = Vendor(
    name="fal",
    base_url="https://queue.fal.run",
    base_url_variable="FAL_BASE_URL",
    key_variables=("FAL_KEY",),
    key_header="Authorization",
    key_format="Key {key}",
    request_id_headers=("x-fal-request-id",),
    judge=judge,
    takes=("url", "presigned", "data"),
    models=(
        _model("fal-ai/flux/dev", Modality.IMAGE),
        _model("fal-ai/flux/schnell", Modality.IMAGE),
        _model("fal-ai/kling-video/v2/master/text-to-video", Modality.VIDEO),
        _model("fal-ai/stable-audio-25/text-to-audio", Modality.AUDIO, "0.20 USD per generation"),
    ),
)
