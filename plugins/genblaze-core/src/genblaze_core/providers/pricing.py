"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.pricing import (
    PricingContext,
    bucketed_by_duration,
    by_model_and_param,
    by_param,
    first_match,
    per_input_chars,
    per_output_second,
    per_response_metric,
    per_unit,
    tiered,
)

__all__ = [
    "PricingContext",
    "bucketed_by_duration",
    "by_model_and_param",
    "by_param",
    "first_match",
    "per_input_chars",
    "per_output_second",
    "per_response_metric",
    "per_unit",
    "tiered",
]
