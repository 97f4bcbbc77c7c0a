"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.models.hashing import SCHEMA_VERSION, SUPPORTED_SCHEMA_VERSIONS, asset_provenance_key
from genblaze.models.manifest import Manifest, ManifestVerification, parse_manifest

__all__ = [
    "SCHEMA_VERSION",
    "SUPPORTED_SCHEMA_VERSIONS",
    "Manifest",
    "ManifestVerification",
    "asset_provenance_key",
    "parse_manifest",
]
