"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.embedding.handlers import MAX_FILE_BYTES, MAX_MMAP_BYTES, BaseMediaHandler, MediaCapability, atomic_write

__all__ = ["MAX_FILE_BYTES", "MAX_MMAP_BYTES", "BaseMediaHandler", "MediaCapability", "atomic_write"]
