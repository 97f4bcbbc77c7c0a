"""What generations cost at OpenAI; a registry of your own (`models=`) goes before these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from genblaze.pricing import PricingContext, per_input_chars, per_response_metric
from genblaze.providers.model_registry import ModelRegistry
from genblaze.providers.spec import ModelSpec
from genblaze_openai.vendor import TOKEN_BILLED

_MILLION = 1_000_000
#: US dollars per million tokens of the gpt-image-2 line (model page of gpt-image-2.6-sunburst, 2026-11-22).
TEXT_READ, IMAGE_READ, IMAGE_MADE = 5.0, 8.0, 30.0
#: US dollars per second of video: 720p, and the larger sizes of sora-2-pro (last known before the shutdown).
SECOND = {"sora-2": (0.10, 0.10), "sora-2-pro": (0.30, 0.50)}
_LARGE = ("1024x1792", "1792x1024")
_USUAL_SECONDS = 4
#: What resolution and aspect ratio amount to for every model, as the published provider has it.
_SIZES = {
    (resolution, ratio): size
    for resolution in ("720p", "1080p")
    for ratio, size in (("16:9", "1280x720"), ("9:16", "720x1280"))
}


def image_models() -> ModelRegistry:
    """The gpt-image-2 line, billed by the tokens that the answer states."""
    registry = ModelRegistry()
    for name in TOKEN_BILLED:
        registry.register_pricing(name, per_response_metric(_tokens))
    return registry


def speech_models() -> ModelRegistry:
    """The models billed by characters."""
    registry = ModelRegistry()
    for name, rate in (("tts-1", 15.0), ("tts-1-hd", 30.0)):
        registry.register_pricing(name, per_input_chars(rate, _MILLION))
    return registry


def video_models() -> ModelRegistry:
    """The models billed by seconds; `duration` is another name of `seconds`, `resolution` tells a size."""
    shape = ModelSpec(
        model_id="*",
        param_aliases={"duration": "seconds"},
        param_transformer=_sized,
        param_coercers={"seconds": _number_text},
    )
    registry = ModelRegistry(shape)
    for name in SECOND:
        registry.register_pricing(name, _seconds)
    return registry


def _sized(params: dict[str, Any]) -> dict[str, Any]:
    size = _SIZES.get((params.get("resolution", ""), params.get("aspect_ratio", "16:9")))
    if size is None or "size" in params:
        return params
    return {"size": size, **{name: params[name] for name in params if name not in ("resolution", "aspect_ratio")}}


def _number_text(value: Any) -> str:
    return f"{float(value):g}"


def _tokens(context: PricingContext) -> float | None:
    usage = (context.provider_payload.get("openai") or {}).get("usage")
    if not isinstance(usage, Mapping):
        return None
    read: Mapping[str, Any] = usage.get("input_tokens_details") or {"text_tokens": usage["input_tokens"]}
    dollars = (
        read.get("text_tokens", 0) * TEXT_READ
        + read.get("image_tokens", 0) * IMAGE_READ
        + usage["output_tokens"] * IMAGE_MADE
    )
    return float(dollars / _MILLION)


def _seconds(context: PricingContext) -> float | None:
    params = context.step.params
    usual, large = SECOND[context.step.model]
    seconds = float(params.get("seconds") or params.get("duration") or _USUAL_SECONDS)
    return seconds * (large if params.get("size") in _LARGE else usual)
