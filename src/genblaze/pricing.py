"""What a generation costs: strategies that a model's specification names, each a function of what came out.

A strategy takes a `PricingContext` and returns US dollars, or None where it does not know. None is unknown, never free.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from genblaze.models.asset import Asset
from genblaze.models.step import Step

__all__ = [
    "PricingContext",
    "PricingStrategy",
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


@dataclass(frozen=True, slots=True)
class PricingContext:
    """What a strategy may look at.

    Attributes:
        step: The step as it ran.
        assets: Its outputs.
        provider_payload: What the vendor said beside them.
    """

    step: Step
    assets: Sequence[Asset] = ()
    provider_payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def output_count(self) -> int:
        """How many outputs there are."""
        return len(self.assets)

    @property
    def output_duration_s(self) -> float | None:
        """Seconds of all outputs that state a duration; None if none does."""
        known = [asset.duration for asset in self.assets if asset.duration is not None]
        return sum(known) if known else None


PricingStrategy: TypeAlias = Callable[[PricingContext], float | None]
"""From what came out to US dollars; None is unknown."""


def per_unit(rate: float) -> PricingStrategy:
    """`rate` dollars for each output."""
    return lambda context: rate * context.output_count if context.assets else None


def per_input_chars(rate: float, per: int = 1000) -> PricingStrategy:
    """`rate` dollars for each `per` characters of the prompt."""
    return lambda context: len(context.step.prompt) / per * rate if context.step.prompt else None


def per_output_second(rate: float) -> PricingStrategy:
    """`rate` dollars for each second of output."""

    def price(context: PricingContext) -> float | None:
        seconds = context.output_duration_s
        return None if seconds is None else seconds * rate

    return price


def per_response_metric(extract: Callable[[PricingContext], float | None]) -> PricingStrategy:
    """Whatever `extract` reads from the vendor's answer, in dollars."""
    return extract


def tiered(
    table: Mapping[tuple[Hashable, ...], float], key: Callable[[PricingContext], tuple[Hashable, ...]]
) -> PricingStrategy:
    """The dollars that `table` has under `key(context)`, for each output."""
    return lambda context: _each(table.get(key(context)), context)


def bucketed_by_duration(buckets: Sequence[tuple[tuple[float, float], float]]) -> PricingStrategy:
    """A price for each output by its length.

    Args:
        buckets: `((from, below), dollars)`, in seconds.
    """

    def price(context: PricingContext) -> float | None:
        seconds = context.output_duration_s
        if seconds is None:
            return None
        return next((dollars for (low, high), dollars in buckets if low <= seconds < high), None)

    return price


def by_param(
    param: str, table: Mapping[Any, float], *, default: float | None = None, per_output: bool = True
) -> PricingStrategy:
    """The dollars that `table` has under the step's parameter `param`, `default` for other values."""

    def price(context: PricingContext) -> float | None:
        dollars = table.get(context.step.params.get(param), default)
        return _each(dollars, context) if per_output else dollars

    return price


def by_model_and_param(
    param: str, table: Mapping[tuple[str, Any], float], *, per_output: bool = True
) -> PricingStrategy:
    """The dollars that `table` has under the model and the step's parameter `param`."""

    def price(context: PricingContext) -> float | None:
        dollars = table.get((context.step.model, context.step.params.get(param)))
        return _each(dollars, context) if per_output else dollars

    return price


def first_match(*strategies: PricingStrategy) -> PricingStrategy:
    """The first strategy that knows a price."""

    def price(context: PricingContext) -> float | None:
        return next((dollars for each in strategies if (dollars := each(context)) is not None), None)

    return price


def _each(dollars: float | None, context: PricingContext) -> float | None:
    """A price for every output; one, where the outputs are not known."""
    return None if dollars is None else dollars * max(context.output_count, 1)
