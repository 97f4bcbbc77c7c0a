"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.models.run import Run

__all__ = ["Run"]
