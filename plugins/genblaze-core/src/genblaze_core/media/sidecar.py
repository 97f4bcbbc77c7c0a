"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.errors import PointerSidecarError

__all__ = ["PointerSidecarError"]
