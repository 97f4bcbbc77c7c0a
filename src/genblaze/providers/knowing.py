"""What a provider knows about its models: the registry, the vendor's own list, prices, voices."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from genblaze.providers.answers import (
    DEFAULT_TTL_SECONDS,
    DiscoveryStatus,
    DiscoverySupport,
    LiveProbeResult,
    ValidationOutcome,
    ValidationSource,
)

if TYPE_CHECKING:
    from genblaze.models.enums import Modality
    from genblaze.models.step import Step
    from genblaze.models.voice import Voice
    from genblaze.providers.discovery import DiscoveryResult, ProbeResult, ValidationResult
    from genblaze.providers.family import FamilyProbe
    from genblaze.providers.model_registry import ModelRegistry
    from genblaze.providers.spec import ModelSpec

logger = logging.getLogger("genblaze.provider")


@lru_cache(256)
def _brings_models(kind: type[KnowsModels]) -> bool:
    """Whether a class of providers registers models of its own."""
    sources = [each for each in kind.__mro__ if {"create_registry", "models"} & vars(each).keys()]
    return sources != [KnowsModels]


class KnowsModels:
    """The part of `BaseProvider` about models.

    Attributes:
        discovery_support: Whether `discover_models` lists every model of the vendor, some, or none.
        IDEMPOTENCY_HEADER_NAME: The vendor's header for an idempotency key, for `_inject_idempotency_header`.
        PROBE_CACHE_TTL_SECONDS: How long a vendor's word about one model counts.
        PROBE_CACHE_MAX_ENTRIES: How many models' words are remembered.
    """

    name: str = "base"
    discovery_support: ClassVar[DiscoverySupport] = DiscoverySupport.NONE
    IDEMPOTENCY_HEADER_NAME: ClassVar[str | None] = None
    PROBE_CACHE_TTL_SECONDS: ClassVar[float] = 3600.0
    PROBE_CACHE_MAX_ENTRIES: ClassVar[int] = 256

    # On the class, so that subclasses need not call `super().__init__()`.
    _registry: ModelRegistry | None = None
    _default_models: ClassVar[Any] = None
    _probe_ttl: float | None = None
    _probe_entries: int | None = None

    def __init__(self, models: ModelRegistry | None, probe_ttl: float | None, probe_entries: int | None) -> None:
        self._registry = models
        self._probe_ttl = probe_ttl
        self._probe_entries = probe_entries

    @classmethod
    def create_registry(cls) -> ModelRegistry:
        """The models that this class knows; for overriding. Without it, every model passes through."""
        from genblaze.providers.model_registry import ModelRegistry

        return ModelRegistry()

    @classmethod
    def models_default(cls) -> ModelRegistry:
        """`create_registry()`, made once for each class."""
        if "_default_models" not in cls.__dict__:
            cls._default_models = cls.create_registry()
        return cls._default_models  # type: ignore[no-any-return]  # set on the line above

    @property
    def models(self) -> ModelRegistry:
        """The registry given to the constructor, or the class's own."""
        return self.models_default() if self._registry is None else self._registry

    @property
    def _models(self) -> ModelRegistry:
        """`models` by the name that published subclasses read, and set in constructors of their own."""
        return self.models

    @_models.setter
    def _models(self, models: ModelRegistry | None) -> None:
        self._registry = models

    def list_models(self) -> list[ModelSpec]:
        """The registered models."""
        return [spec for _, spec in self.models.items()]

    def list_voices(self, *, model: str | None = None, language: str | None = None) -> list[Voice]:  # noqa: ARG002 - for overriding
        """The vendor's voices, for overriding by those that speak."""
        return []

    def discover_models(self, *, max_age_seconds: float | None = DEFAULT_TTL_SECONDS) -> DiscoveryResult:  # noqa: ARG002 - for overriding
        """Ask the vendor for its list of models; for overriding, together with `discovery_support`.

        Args:
            max_age_seconds: How old a list kept from an earlier call may be; 0 asks again.
        """
        from genblaze.providers.discovery import DiscoveryResult

        return DiscoveryResult.unsupported(
            detail=f"{type(self).__name__} declares DiscoverySupport.{self.discovery_support}"
        )

    def validate_model(self, model_id: str, *, refresh: bool = False) -> ValidationResult:
        """How far a model's name can be trusted.

        What the user registered is believed. Otherwise the vendor is asked, if it lists all its models or the model's
        family has a probe; where it does not answer, the registry alone tells.

        Args:
            model_id: The model.
            refresh: Ask again rather than believe an earlier answer.
        """
        known = self.models.validate(model_id, discovery_support=self.discovery_support)
        if known.source == ValidationSource.USER:
            return known
        return self._validated_by_list(model_id, refresh) or self._validated_by_probe(model_id, refresh) or known

    def may_deny(self, model_id: str) -> bool:
        """Whether `validate_model` can know that there is no such model: the vendor lists all, or answers a probe."""
        if self.discovery_support == DiscoverySupport.NATIVE:
            return True
        if not self._knows_any():
            return False
        match = self.models.match_family(model_id)
        return match is not None and match.family.probe is not None

    def _knows_any(self) -> bool:
        """Whether there can be anything in the registry; making an empty one would only take time."""
        kind: Any = type(self)
        return self._registry is not None or "_default_models" in vars(kind) or _brings_models(kind)

    def _validated_by_list(self, model_id: str, refresh: bool) -> ValidationResult | None:
        if self.discovery_support != DiscoverySupport.NATIVE:
            return None
        from genblaze.providers.discovery import ValidationResult

        listed = self.discover_models(max_age_seconds=0 if refresh else DEFAULT_TTL_SECONDS)
        if listed.status != DiscoveryStatus.OK:
            return None
        if model_id in listed.slugs:
            return ValidationResult.ok_authoritative(ValidationSource.DISCOVERY)
        from difflib import get_close_matches

        close = tuple(get_close_matches(model_id, sorted(listed.slugs), n=3))
        return ValidationResult.not_found(ValidationSource.DISCOVERY, suggested_slugs=close)

    def _validated_by_probe(self, model_id: str, refresh: bool) -> ValidationResult | None:
        from genblaze.providers.discovery import ValidationResult

        match = self.models.match_family(model_id)
        if match is None or match.family.probe is None:
            return None
        found, family = self._probed(match.family.probe, model_id, refresh), match.family.name
        if found == LiveProbeResult.LIVE:
            return ValidationResult.ok_authoritative(ValidationSource.PROBE, family_name=family)
        if found == LiveProbeResult.DEAD:
            return ValidationResult.not_found(
                ValidationSource.PROBE, family_name=family, detail="upstream probe returned DEAD"
            )
        return None

    def _probed(self, probe: FamilyProbe, model_id: str, refresh: bool) -> LiveProbeResult:
        """What the vendor says about one model; a certain answer is remembered."""
        cache: dict[str, tuple[float, LiveProbeResult]] = self.__dict__.setdefault("_probe_answers", {})
        lifetime = self.PROBE_CACHE_TTL_SECONDS if self._probe_ttl is None else self._probe_ttl
        asked, answer = cache.get(model_id, (0.0, LiveProbeResult.UNKNOWN))
        if not refresh and answer != LiveProbeResult.UNKNOWN and monotonic() - asked < lifetime:
            return answer
        try:
            answer = self._invoke_family_probe(probe, model_id)
        except Exception as error:  # noqa: BLE001 - third-party code: a failing probe knows nothing
            logger.warning("%s: the probe for %s failed: %s", self.name, model_id, error)
            return LiveProbeResult.UNKNOWN
        if answer != LiveProbeResult.UNKNOWN:
            most = self.PROBE_CACHE_MAX_ENTRIES if self._probe_entries is None else self._probe_entries
            cache.pop(model_id, None)
            cache[model_id] = (monotonic(), answer)
            for oldest in list(cache)[: max(len(cache) - most, 0)]:
                cache.pop(oldest, None)
        return answer

    def _invoke_family_probe(self, probe: FamilyProbe, model_id: str) -> LiveProbeResult:
        """Call a family's probe with whatever it needs, the client say; for overriding.

        Raises:
            NotImplementedError: Always, without an override.
        """
        msg = f"{type(self).__name__} ships a FamilyProbe but does not override _invoke_family_probe()"
        raise NotImplementedError(msg)

    def probe_model(self, model_id: str) -> ProbeResult:
        """The older form of `validate_model`."""
        warnings.warn("probe_model() is deprecated; use validate_model()", DeprecationWarning, stacklevel=2)
        from genblaze.providers.discovery import ProbeResult

        result = self.validate_model(model_id)
        if result.outcome == ValidationOutcome.NOT_FOUND:
            return ProbeResult.not_found(result.detail)
        known = result.outcome in (ValidationOutcome.OK_AUTHORITATIVE, ValidationOutcome.OK_PROVISIONAL)
        return ProbeResult.ok(result.detail) if known else ProbeResult.skipped(result.detail)

    def normalize_params(self, params: dict[str, Any], modality: Modality | None = None) -> dict[str, Any]:  # noqa: ARG002 - for overriding
        """The parameters as the vendor calls them. Must give the same answer when applied to its own result."""
        return params

    def prepare_payload(
        self, step: Step, *, base_params: dict[str, Any] | None = None, validate_inputs: bool = True
    ) -> dict[str, Any]:
        """The step's parameters in the vendor's form: normalised, then as the model's specification has it.

        Raises:
            ProviderError: `INVALID_INPUT`, naming the parameter or the input.
        """
        from genblaze.providers.preparing import check_inputs, step_params

        if validate_inputs:
            check_inputs(step)
        params = step_params(step) if base_params is None else dict(base_params)
        return self.models.prepare_payload(step, base_params=self.normalize_params(params, step.modality))

    def estimate_cost(self, model: str, params: Mapping[str, Any] | None = None, *, n: int = 1) -> Decimal | None:
        """What `n` generations would cost in US dollars, by the registry's price; None when unknown.

        A price by length goes by `params["duration"]`, in seconds.
        """
        from genblaze.providers.model_registry import expected_cost

        cost = expected_cost(self.models, self.name, model, params or {}, n)
        return None if cost is None else Decimal(str(cost))

    def _apply_registry_pricing(self, step: Step) -> None:
        """Note what the step cost, where the registry knows it and nobody said so before."""
        if step.cost_usd is None and self._knows_any():
            from genblaze.providers.model_registry import compute_cost

            step.cost_usd = compute_cost(self.models, step)

    def _inject_idempotency_header(self, headers: dict[str, str] | None, step: Step) -> dict[str, str]:
        """The headers with the step's idempotency key, if the vendor has a header for it; one that is there stays."""
        name = self.IDEMPOTENCY_HEADER_NAME
        return {**({} if name is None else {name: step.step_id}), **(headers or {})}
