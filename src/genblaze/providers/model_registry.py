"""Which models a provider knows, and what it knows about each; a model that it does not know passes through."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from genblaze.errors import InvalidValueError
from genblaze.pricing import PricingContext, PricingStrategy
from genblaze.providers.discovery import DiscoverySupport, ValidationResult, ValidationSource
from genblaze.providers.family import MAX_PROVIDER_FAMILIES, MAX_USER_FAMILIES, FamilyMatch, ModelFamily
from genblaze.providers.preparing import prepare
from genblaze.providers.spec import FALLBACK_SPEC, ModelSpec

if TYPE_CHECKING:
    from genblaze.models.asset import Asset
    from genblaze.models.step import Step

logger = logging.getLogger("genblaze.provider.registry")

__all__ = ["EMPTY_REGISTRY", "ModelRegistry", "compute_cost", "expected_cost"]

_UNSTABLE = "known_unstable; verify with discover_models()"


class ModelRegistry:
    """The models of one provider.

    A name is looked up among the registered models and their aliases, then the families; otherwise the fallback
    answers, which by default lets everything pass. An empty registry is false.

    Args:
        fallback: The specification of models that nobody knows.
        provider_families: Families, the first match wins.
        discovery_cache: Accepted for the published signature; the vendor's list is kept by the provider.
        unstable_slugs: Names that come and go.
        strict_params: Refuse parameters that a model's allowlist does not have, rather than drop them.

    Raises:
        InvalidValueError: For more than 32 families.
    """

    def __init__(
        self,
        fallback: ModelSpec = FALLBACK_SPEC,
        *,
        provider_families: Sequence[ModelFamily] = (),
        discovery_cache: Any = None,  # noqa: ARG002 - the published signature
        unstable_slugs: Iterable[str] = (),
        strict_params: bool = False,
    ) -> None:
        if len(provider_families) > MAX_PROVIDER_FAMILIES:
            msg = f"ModelRegistry: {len(provider_families)} provider families; at most {MAX_PROVIDER_FAMILIES}"
            raise InvalidValueError(msg)
        self._fallback = fallback
        self._specs: dict[str, ModelSpec] = {}
        self._aliases: dict[str, str] = {}
        self._deprecated: dict[str, str] = {}
        self._warned: set[str] = set()
        self._provider_families = tuple(provider_families)
        self._user_families: tuple[ModelFamily, ...] = ()
        self._unstable = frozenset(unstable_slugs)
        self._strict = strict_params

    def register(self, spec: ModelSpec, *, override: bool = True) -> None:
        """Add a model.

        Raises:
            InvalidValueError: It is there already and `override` is False.
        """
        if not override and spec.model_id in self._specs:
            msg = f"Model {spec.model_id!r} already registered; pass override=True"
            raise InvalidValueError(msg)
        self._specs[spec.model_id] = spec
        self._aliases.update(dict.fromkeys(spec.aliases, spec.model_id))
        self._deprecated.update(dict.fromkeys(spec.deprecated_aliases, spec.model_id))

    def register_pricing(self, model_id: str, pricing: PricingStrategy) -> None:
        """Say what a model costs, and keep all else that is known about it."""
        self.register(replace(self.get(model_id), model_id=model_id, pricing=pricing))

    def register_family(self, family: ModelFamily) -> None:
        """Add a family, before all others.

        Raises:
            InvalidValueError: For more than 32.
        """
        if len(self._user_families) >= MAX_USER_FAMILIES:
            msg = f"Registry already has {MAX_USER_FAMILIES} user families; join some patterns"
            raise InvalidValueError(msg)
        self._user_families = (family, *self._user_families)

    def extend(self, specs: Iterable[ModelSpec] | Mapping[str, ModelSpec]) -> None:
        """Add several models."""
        for spec in specs.values() if isinstance(specs, Mapping) else specs:
            self.register(spec)

    def fork(self) -> ModelRegistry:
        """A registry of its own with the same models."""
        twin = copy(self)
        for name in ("_specs", "_aliases", "_deprecated", "_warned"):
            setattr(twin, name, copy(getattr(self, name)))
        return twin

    def get(self, model_id: str) -> ModelSpec:
        """What is known about a model; the fallback's specification for one that nobody knows."""
        if (name := self._registered(model_id)) is not None:
            return self._specs[name]
        match = self.match_family(model_id)
        return self._fallback if match is None else match.spec

    def _registered(self, model_id: str) -> str | None:
        """The registered name behind a name or an alias; a deprecated alias warns once."""
        if model_id in self._specs:
            return model_id
        if model_id in self._aliases:
            return self._aliases[model_id]
        name = self._deprecated.get(model_id)
        if name is not None and model_id not in self._warned:
            self._warned.add(model_id)
            warnings.warn(f"Model id {model_id!r} is deprecated; use {name!r} instead.", DeprecationWarning, 4)
        return name

    def match_family(self, model_id: str) -> FamilyMatch | None:
        """The first family that a model belongs to."""
        found = next((family for family in self.families if family.matches(model_id)), None)
        return None if found is None else FamilyMatch(found, found.resolve(model_id))

    @property
    def families(self) -> tuple[ModelFamily, ...]:
        """The families, the user's first."""
        return (*self._user_families, *self._provider_families)

    def resolve_canonical(self, model_id: str) -> str:
        """A model's name as the vendor spells it."""
        if (name := self._registered(model_id)) is not None:
            return name
        match = self.match_family(model_id)
        return model_id if match is None else match.spec.model_id

    def validate(
        self,
        model_id: str,
        *,
        discovery_support: DiscoverySupport = DiscoverySupport.NONE,  # noqa: ARG002 - the published signature
    ) -> ValidationResult:
        """Tell how far a name can be trusted, without asking the vendor (`provider.validate_model` does)."""
        if self._registered(model_id) is not None:
            return ValidationResult.ok_authoritative(ValidationSource.USER)
        match = self.match_family(model_id)
        unstable = model_id in self._unstable or (match is not None and model_id in match.family.unstable_examples)
        detail = _UNSTABLE if unstable else None
        if match is not None:
            return ValidationResult.ok_provisional(family_name=match.family.name, detail=detail)
        return ValidationResult.unknown_permissive(detail=detail)

    def known(self) -> list[str]:
        """The names of registered models and of the families' examples, sorted."""
        return sorted({*self._specs, *(slug for family in self.families for slug in family.example_slugs)})

    def has(self, model_id: str) -> bool:
        """Whether a model is registered, or belongs to a family."""
        named = model_id in self._specs or model_id in self._aliases or model_id in self._deprecated
        return named or self.match_family(model_id) is not None

    def items(self) -> Iterator[tuple[str, ModelSpec]]:
        """The registered models by name."""
        yield from sorted(self._specs.items())

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._specs))

    def __contains__(self, model_id: object) -> bool:
        return isinstance(model_id, str) and self.has(model_id)

    def __len__(self) -> int:
        return len(self._specs)

    def prepare_payload(self, step: Step, *, base_params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The step's parameters in the vendor's form; see `genblaze.providers.preparing.prepare`."""
        return prepare(self.get(step.model), step, base_params, strict=self._strict)


def compute_cost(
    registry: ModelRegistry,
    step: Step,
    *,
    assets: Sequence[Asset] | None = None,
    provider_payload: Mapping[str, Any] | None = None,
) -> float | None:
    """What a step cost in US dollars, or None where nobody knows. A strategy that fails counts as not knowing."""
    pricing = registry.get(step.model).pricing
    if pricing is None:
        return None
    outputs = step.assets if assets is None else assets
    context = PricingContext(step, outputs, step.provider_payload if provider_payload is None else provider_payload)
    try:
        cost = pricing(context)
        return None if cost is None else float(cost)
    except Exception:
        logger.exception("The pricing strategy of %s failed; the cost is unknown", step.model)
        return None


def expected_cost(
    registry: ModelRegistry, provider: str, model: str, params: Mapping[str, Any], count: int
) -> float | None:
    """What `count` outputs would cost in US dollars, or None where nobody knows.

    The strategy sees outputs that are not there yet, each of `params["duration"]` seconds.
    """
    from genblaze.models.asset import Asset
    from genblaze.models.step import Step

    if count < 1 or registry.get(model).pricing is None:
        return None
    length = params.get("duration")
    seconds = float(length) if isinstance(length, int | float) and not isinstance(length, bool) else None
    step = Step(provider=provider, model=model, prompt=params.get("prompt"), params=dict(params))
    outputs = [
        Asset(url=f"about:blank#{index}", media_type="application/octet-stream", duration=seconds)
        for index in range(count)
    ]
    return compute_cost(registry, step, assets=outputs)


EMPTY_REGISTRY: Final = ModelRegistry()
"""A registry that knows no model and lets every one pass, for providers to return as they are."""
