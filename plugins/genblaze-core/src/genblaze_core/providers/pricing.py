"""A published import path. Generated from published_names.txt by tools/facade.py."""

from typing import TYPE_CHECKING

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

__all__: list[str] = [
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

if not TYPE_CHECKING:  # published programs import many a name from where it was merely used
    from genblaze_core import __getattr__ as __getattr__
