"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.embedding.handlers import TXXX_DESC, Mp3Handler

__all__ = ["TXXX_DESC", "Mp3Handler"]
