"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.builders import RunBuilder

__all__ = ["RunBuilder"]
