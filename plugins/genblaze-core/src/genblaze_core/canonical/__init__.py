"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.canonical import canonical_hash, canonical_json

__all__ = ["canonical_hash", "canonical_json"]
