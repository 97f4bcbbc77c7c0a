"""What generations cost at ElevenLabs, which bills in credits whose price depends on the plan."""

from __future__ import annotations

from genblaze import ModelRegistry, ModelSpec
from genblaze.pricing import PricingContext, PricingStrategy, per_input_chars, per_response_metric

# US dollars for a thousand characters, beyond what a plan includes.
SPEECH = {"eleven_v3": 0.30, "eleven_multilingual_v2": 0.30, "eleven_turbo_v2_5": 0.15, "eleven_flash_v2_5": 0.08}


def registry(aliases: dict[str, str]) -> ModelRegistry:
    """The models of speech with their prices; others pass through, their cost unknown.

    Args:
        aliases: Other names of parameters, for every model.
    """
    registry = ModelRegistry(ModelSpec(model_id="*", param_aliases=aliases))
    for name, rate in SPEECH.items():
        registry.register(ModelSpec(model_id=name, pricing=per_input_chars(rate), param_aliases=aliases))
    return registry


def per_credit(rate: float) -> PricingStrategy:
    """`rate` US dollars for each credit that ElevenLabs says a generation took (`character-cost`)."""

    def dollars(context: PricingContext) -> float | None:
        credits_taken = context.provider_payload.get("elevenlabs", {}).get("credits")
        return None if credits_taken is None else float(credits_taken) * rate

    return per_response_metric(dollars)
