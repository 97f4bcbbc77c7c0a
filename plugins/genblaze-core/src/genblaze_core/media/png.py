"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.embedding.handlers import ITXT_KEY, PngHandler
from genblaze.models.manifest import MAX_MANIFEST_BYTES

__all__ = ["ITXT_KEY", "MAX_MANIFEST_BYTES", "PngHandler"]
