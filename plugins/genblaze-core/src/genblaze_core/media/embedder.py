"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.embedding import EmbedResult
from genblaze.embedding.handlers import SmartEmbedder, guess_mime, sniff_mime

__all__ = ["EmbedResult", "SmartEmbedder", "guess_mime", "sniff_mime"]
