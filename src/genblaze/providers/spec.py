"""What is known about one model: its names, its price, and how its parameters are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from genblaze.models.enums import Modality
from genblaze.pricing import PricingStrategy
from genblaze.providers.constraints import Constraint
from genblaze.providers.input_mapping import InputMapping
from genblaze.providers.schemas import ParamSchema

__all__ = ["FALLBACK_SPEC", "ModelSpec", "ParamCoercer", "ParamTransformer"]

ParamTransformer: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
"""From parameters to parameters."""

ParamCoercer: TypeAlias = Callable[[Any], Any]
"""From one value to another."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model, in the order in which its parameters are prepared.

    Attributes:
        model_id: The vendor's name of it.
        aliases: Other names.
        deprecated_aliases: Old names; each warns once.
        pricing: What a generation costs.
        param_aliases: Our name of a parameter to the vendor's.
        param_transformer: Changes all parameters at once.
        param_coercers: Brings single values into the vendor's type.
        param_schemas: What values may be.
        param_defaults: Values of parameters that are not given.
        param_required: Parameters that must be there.
        param_allowlist: The parameters that the vendor takes; None is all.
        param_constraints: Rules between parameters.
        input_mapping: Which parameter gets which input.
        extras: Whatever else the provider wants to know.
    """

    model_id: str
    aliases: frozenset[str] = frozenset()
    deprecated_aliases: frozenset[str] = frozenset()
    modality: Modality | None = None
    pricing: PricingStrategy | None = None
    param_aliases: Mapping[str, str] = field(default_factory=dict)
    param_transformer: ParamTransformer | None = None
    param_coercers: Mapping[str, ParamCoercer] = field(default_factory=dict)
    param_schemas: Mapping[str, ParamSchema] = field(default_factory=dict)
    param_defaults: Mapping[str, Any] = field(default_factory=dict)
    param_required: frozenset[str] = frozenset()
    param_allowlist: frozenset[str] | None = None
    param_constraints: tuple[Constraint, ...] = ()
    input_mapping: InputMapping | None = None
    extras: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_permissive(self) -> bool:
        """Whether it says nothing about parameters, so that they pass as they are."""
        told = (
            self.param_aliases,
            self.param_transformer,
            self.param_coercers,
            self.param_schemas,
            self.param_defaults,
            self.param_required,
            self.param_constraints,
            self.input_mapping,
        )
        return self.param_allowlist is None and not any(told)


FALLBACK_SPEC = ModelSpec(model_id="*")
"""What is known about a model that nobody registered: nothing, so it passes."""
