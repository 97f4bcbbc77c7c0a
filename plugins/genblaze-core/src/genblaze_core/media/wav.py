"""A published import path. Generated from published_names.txt by tools/facade.py."""

from typing import TYPE_CHECKING

from genblaze.embedding.handlers import INFO_TAG, WavHandler
from genblaze.models.manifest import MAX_MANIFEST_BYTES

__all__: list[str] = ["INFO_TAG", "MAX_MANIFEST_BYTES", "WavHandler"]

if not TYPE_CHECKING:  # published programs import many a name from where it was merely used
    from genblaze_core import __getattr__ as __getattr__
