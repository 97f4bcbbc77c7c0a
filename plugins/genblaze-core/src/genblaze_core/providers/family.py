"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.providers.discovery import DiscoverySupport, LiveProbeResult
from genblaze.providers.family import MAX_PROVIDER_FAMILIES, MAX_USER_FAMILIES, FamilyMatch, FamilyProbe, ModelFamily

__all__ = [
    "MAX_PROVIDER_FAMILIES",
    "MAX_USER_FAMILIES",
    "DiscoverySupport",
    "FamilyMatch",
    "FamilyProbe",
    "LiveProbeResult",
    "ModelFamily",
]
