"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.models.event import ProgressEvent

__all__ = ["ProgressEvent"]
