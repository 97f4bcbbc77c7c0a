"""A published import path. Generated from published_names.txt by tools/facade.py."""

from typing import TYPE_CHECKING

from genblaze.embedding.handlers import SidecarHandler
from genblaze.errors import PointerSidecarError
from genblaze.models.manifest import MAX_MANIFEST_BYTES

__all__: list[str] = ["MAX_MANIFEST_BYTES", "PointerSidecarError", "SidecarHandler"]

if not TYPE_CHECKING:  # published programs import many a name from where it was merely used
    from genblaze_core import __getattr__ as __getattr__
