"""A published import path. Generated from published_names.txt by tools/facade.py."""

from typing import TYPE_CHECKING

from genblaze.models.hashing import SCHEMA_VERSION, SUPPORTED_SCHEMA_VERSIONS, asset_provenance_key
from genblaze.models.manifest import Manifest, ManifestVerification, parse_manifest

__all__: list[str] = [
    "SCHEMA_VERSION",
    "SUPPORTED_SCHEMA_VERSIONS",
    "Manifest",
    "ManifestVerification",
    "asset_provenance_key",
    "parse_manifest",
]

if not TYPE_CHECKING:  # published programs import many a name from where it was merely used
    from genblaze_core import __getattr__ as __getattr__
