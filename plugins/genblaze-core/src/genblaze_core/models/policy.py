"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.models.policy import EmbedPolicy

__all__ = ["EmbedPolicy"]
