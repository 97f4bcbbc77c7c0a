"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.embedding.handlers import FREEFORM_KEY, AacHandler
from genblaze.models.manifest import MAX_MANIFEST_BYTES

__all__ = ["FREEFORM_KEY", "MAX_MANIFEST_BYTES", "AacHandler"]
