"""A published import path. Generated from published_names.txt by tools/facade.py."""

from typing import TYPE_CHECKING

from genblaze.models.manifest import MAX_MANIFEST_BYTES
from genblaze.sinks import ObjectStorageSink

__all__: list[str] = ["MAX_MANIFEST_BYTES", "ObjectStorageSink"]

if not TYPE_CHECKING:  # published programs import many a name from where it was merely used
    from genblaze_core import __getattr__ as __getattr__
