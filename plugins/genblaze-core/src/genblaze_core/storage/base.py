"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.models.enums import KeyStrategy

__all__ = ["KeyStrategy"]
