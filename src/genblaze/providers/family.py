"""Families of models: names that follow a pattern share one specification."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from genblaze.errors import InvalidValueError
from genblaze.providers.answers import LiveProbeResult
from genblaze.providers.spec import ModelSpec

__all__ = ["MAX_PROVIDER_FAMILIES", "MAX_USER_FAMILIES", "FamilyMatch", "FamilyProbe", "ModelFamily"]

#: How many families a provider may bring.
MAX_PROVIDER_FAMILIES = 32
#: How many families a user may add.
MAX_USER_FAMILIES = 32

FamilyProbe: TypeAlias = Callable[..., LiveProbeResult]
"""Asks the vendor for one model; called by the provider's `_invoke_family_probe`."""

# A repeated group that itself repeats, such as (a+)+: matching it can take for ever.
_NESTED_REPEAT = re.compile(r"\((?:[^()\\]|\\.)*[*+](?:[^()\\]|\\.)*\)[*+{]")


@dataclass(frozen=True, slots=True)
class ModelFamily:
    """Models whose names begin alike.

    Attributes:
        pattern: Matched against the beginning of a model's name.
        spec_template: Their specification, but for the name; without a price, which belongs to single models.
        example_slugs: Names for lists and suggestions.
        unstable_examples: Names that come and go.
        probe: Asks the vendor for one of them.
        discovery_required: Only the vendor's own list makes a name certain.
        canonical_slug: Brings a name into the vendor's spelling.
    """

    name: str
    pattern: re.Pattern[str]
    spec_template: ModelSpec
    description: str
    example_slugs: tuple[str, ...] = ()
    unstable_examples: frozenset[str] = frozenset()
    probe: FamilyProbe | None = None
    discovery_required: bool = False
    canonical_slug: Callable[[str], str] | None = None

    def __post_init__(self) -> None:
        """Refuse a price, and a pattern that can take for ever."""
        if self.spec_template.pricing is not None:
            msg = f"ModelFamily {self.name!r}: spec_template.pricing must be None; prices go to register_pricing()"
            raise InvalidValueError(msg)
        if _NESTED_REPEAT.search(self.pattern.pattern):
            msg = (
                f"ModelFamily {self.name!r}: the pattern {self.pattern.pattern!r} repeats a repetition, which can take "
                "for ever; write (a+)+ as a+"
            )
            raise InvalidValueError(msg)

    def matches(self, model_id: str) -> bool:
        """Whether a model belongs to it."""
        return self.pattern.match(model_id) is not None

    def resolve(self, model_id: str) -> ModelSpec:
        """The specification of one of its models."""
        return replace(self.spec_template, model_id=self.canonical(model_id))

    def canonical(self, model_id: str) -> str:
        """A model's name in the vendor's spelling."""
        return self.canonical_slug(model_id) if self.canonical_slug is not None else model_id


@dataclass(frozen=True, slots=True)
class FamilyMatch:
    """A family that a model belongs to, and its specification there."""

    family: ModelFamily
    spec: ModelSpec
