"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.models.manifest import MAX_MANIFEST_BYTES
from genblaze.sinks import ObjectStorageSink

__all__ = ["MAX_MANIFEST_BYTES", "ObjectStorageSink"]
