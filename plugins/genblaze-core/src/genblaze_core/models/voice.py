"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.models.voice import Voice

__all__ = ["Voice"]
