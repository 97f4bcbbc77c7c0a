"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.embedding.handlers import INFO_TAG, WavHandler
from genblaze.models.manifest import MAX_MANIFEST_BYTES

__all__ = ["INFO_TAG", "MAX_MANIFEST_BYTES", "WavHandler"]
