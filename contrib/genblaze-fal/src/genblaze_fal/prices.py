"""What generations cost at fal, which says how many units it bills but not what a unit costs."""

from __future__ import annotations

from genblaze import ModelRegistry, ModelSpec
from genblaze.pricing import PricingContext, PricingStrategy, per_response_metric, per_unit


def registry() -> ModelRegistry:
    """The models whose price is the same for each generation; all others pass through, their cost unknown."""
    registry = ModelRegistry(ModelSpec(model_id="*"))
    registry.register(ModelSpec(model_id="fal-ai/stable-audio-25/text-to-audio", pricing=per_unit(0.20)))
    return registry


def per_billable_unit(rate: float) -> PricingStrategy:
    """`rate` dollars for each unit that fal bills: the price on the model's page, times what its answer says.

    Args:
        rate: US dollars for one unit (a megapixel, a second, a video: the model's page says which).
    """

    def dollars(context: PricingContext) -> float | None:
        units = context.provider_payload.get("fal", {}).get("billable_units")
        return None if units is None else float(units) * rate

    return per_response_metric(dollars)
