"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.embedding import EmbedResult

__all__ = ["EmbedResult"]
