"""A published import path. Generated from published_names.txt by tools/facade.py."""

from typing import TYPE_CHECKING

from genblaze.providers.family import MAX_PROVIDER_FAMILIES, MAX_USER_FAMILIES
from genblaze.providers.model_registry import EMPTY_REGISTRY, ModelRegistry, compute_cost
from genblaze.providers.spec import FALLBACK_SPEC

__all__: list[str] = [
    "EMPTY_REGISTRY",
    "FALLBACK_SPEC",
    "MAX_PROVIDER_FAMILIES",
    "MAX_USER_FAMILIES",
    "ModelRegistry",
    "compute_cost",
]

if not TYPE_CHECKING:  # published programs import many a name from where it was merely used
    from genblaze_core import __getattr__ as __getattr__
