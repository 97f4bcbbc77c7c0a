"""A published import path. Generated from published_names.txt by tools/facade.py."""

from importlib import import_module
from typing import TYPE_CHECKING

from genblaze.models.asset_url import strip_asset_url_credentials
from genblaze.pricing import (
    PricingContext,
    PricingStrategy,
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
from genblaze.providers.constraints import Constraint, implies, mutually_exclusive, required_one_of, requires_together
from genblaze.providers.discovery import (
    DEFAULT_TTL_SECONDS,
    DiscoveryResult,
    DiscoveryStatus,
    DiscoverySupport,
    LiveProbeResult,
    ProbeResult,
    ProbeStatus,
    ValidationOutcome,
    ValidationResult,
    ValidationSource,
)
from genblaze.providers.failures import call_with_rate_limit_retry, retry_after_from_response
from genblaze.providers.family import MAX_PROVIDER_FAMILIES, MAX_USER_FAMILIES, FamilyMatch, FamilyProbe, ModelFamily
from genblaze.providers.input_mapping import (
    InputMapping,
    chain_routers,
    route_audio,
    route_by_media_type,
    route_images,
    route_keyframes,
    route_video,
)
from genblaze.providers.installed import CREDENTIAL_KWARGS, discover_providers, instantiate_with_credential
from genblaze.providers.model_registry import EMPTY_REGISTRY, ModelRegistry, compute_cost
from genblaze.providers.params import ParamSurface, modality_defaults, register_modality_default
from genblaze.providers.provider import BaseProvider, ProviderCapabilities, SubmitResult, SyncProvider
from genblaze.providers.schemas import (
    ArraySchema,
    BoolSchema,
    EnumSchema,
    FloatSchema,
    IntSchema,
    ParamSchema,
    StringSchema,
)
from genblaze.providers.spec import FALLBACK_SPEC, ModelSpec
from genblaze.providers.urls import validate_asset_url, validate_chain_input_url
from genblaze.retry import MAX_RETRY_AFTER_SEC, RetryPolicy

if TYPE_CHECKING:
    from genblaze_http.client import PRE_RESPONSE_EXCEPTIONS

__all__: list[str] = [
    "CREDENTIAL_KWARGS",
    "DEFAULT_TTL_SECONDS",
    "EMPTY_REGISTRY",
    "FALLBACK_SPEC",
    "MAX_PROVIDER_FAMILIES",
    "MAX_RETRY_AFTER_SEC",
    "MAX_USER_FAMILIES",
    "PRE_RESPONSE_EXCEPTIONS",
    "ArraySchema",
    "BaseProvider",
    "BoolSchema",
    "Constraint",
    "DiscoveryResult",
    "DiscoveryStatus",
    "DiscoverySupport",
    "EnumSchema",
    "FamilyMatch",
    "FamilyProbe",
    "FloatSchema",
    "InputMapping",
    "IntSchema",
    "LiveProbeResult",
    "ModelFamily",
    "ModelRegistry",
    "ModelSpec",
    "ParamSchema",
    "ParamSurface",
    "PricingContext",
    "PricingStrategy",
    "ProbeResult",
    "ProbeStatus",
    "ProviderCapabilities",
    "RetryPolicy",
    "StringSchema",
    "SubmitResult",
    "SyncProvider",
    "ValidationOutcome",
    "ValidationResult",
    "ValidationSource",
    "bucketed_by_duration",
    "by_model_and_param",
    "by_param",
    "call_with_rate_limit_retry",
    "chain_routers",
    "compute_cost",
    "discover_providers",
    "first_match",
    "implies",
    "instantiate_with_credential",
    "modality_defaults",
    "mutually_exclusive",
    "per_input_chars",
    "per_output_second",
    "per_response_metric",
    "per_unit",
    "register_modality_default",
    "required_one_of",
    "requires_together",
    "retry_after_from_response",
    "route_audio",
    "route_by_media_type",
    "route_images",
    "route_keyframes",
    "route_video",
    "strip_asset_url_credentials",
    "tiered",
    "validate_asset_url",
    "validate_chain_input_url",
]

_HOMES = {"PRE_RESPONSE_EXCEPTIONS": "genblaze_http.client"}

if not TYPE_CHECKING:  # as in the package itself

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            from genblaze_core import __getattr__ as published

            return published(name)
        try:
            return getattr(import_module(_HOMES[name]), name)
        except ModuleNotFoundError as error:
            distribution = _HOMES[name].partition(".")[0].replace("_", "-")
            msg = f"{name} is part of {distribution}, which is not installed. Run: pip install {distribution}"
            raise ImportError(msg, name=_HOMES[name]) from error
