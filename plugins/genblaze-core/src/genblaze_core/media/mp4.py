"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.embedding.handlers import GENBLAZE_UUID, GENBLAZE_UUID_BYTES, MAX_FILE_BYTES, MAX_MMAP_BYTES, Mp4Handler
from genblaze.models.manifest import MAX_MANIFEST_BYTES

__all__ = [
    "GENBLAZE_UUID",
    "GENBLAZE_UUID_BYTES",
    "MAX_FILE_BYTES",
    "MAX_MANIFEST_BYTES",
    "MAX_MMAP_BYTES",
    "Mp4Handler",
]
