"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.atomic import atomic_write

__all__ = ["atomic_write"]
