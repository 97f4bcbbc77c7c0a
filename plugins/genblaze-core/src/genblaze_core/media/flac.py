"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.embedding.handlers import VORBIS_TAG, FlacHandler
from genblaze.models.manifest import MAX_MANIFEST_BYTES

__all__ = ["MAX_MANIFEST_BYTES", "VORBIS_TAG", "FlacHandler"]
