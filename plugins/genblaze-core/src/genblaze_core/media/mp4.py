"""A published import path. Generated from published_names.txt by tools/facade.py."""

from typing import TYPE_CHECKING

from genblaze.embedding.handlers import GENBLAZE_UUID, GENBLAZE_UUID_BYTES, MAX_FILE_BYTES, MAX_MMAP_BYTES, Mp4Handler
from genblaze.models.manifest import MAX_MANIFEST_BYTES

__all__: list[str] = [
    "GENBLAZE_UUID",
    "GENBLAZE_UUID_BYTES",
    "MAX_FILE_BYTES",
    "MAX_MANIFEST_BYTES",
    "MAX_MMAP_BYTES",
    "Mp4Handler",
]

if not TYPE_CHECKING:  # published programs import many a name from where it was merely used
    from genblaze_core import __getattr__ as __getattr__
