"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.providers.family import MAX_PROVIDER_FAMILIES, MAX_USER_FAMILIES
from genblaze.providers.model_registry import ModelRegistry, compute_cost
from genblaze.providers.spec import FALLBACK_SPEC

__all__ = ["FALLBACK_SPEC", "MAX_PROVIDER_FAMILIES", "MAX_USER_FAMILIES", "ModelRegistry", "compute_cost"]
