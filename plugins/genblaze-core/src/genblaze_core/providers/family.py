"""A published import path. Generated from published_names.txt by tools/facade.py."""

from typing import TYPE_CHECKING

from genblaze.providers.discovery import DiscoverySupport, LiveProbeResult
from genblaze.providers.family import MAX_PROVIDER_FAMILIES, MAX_USER_FAMILIES, FamilyMatch, FamilyProbe, ModelFamily

__all__: list[str] = [
    "MAX_PROVIDER_FAMILIES",
    "MAX_USER_FAMILIES",
    "DiscoverySupport",
    "FamilyMatch",
    "FamilyProbe",
    "LiveProbeResult",
    "ModelFamily",
]

if not TYPE_CHECKING:  # published programs import many a name from where it was merely used
    from genblaze_core import __getattr__ as __getattr__
