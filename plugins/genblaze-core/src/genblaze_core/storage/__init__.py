"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.errors import URLPolicyError
from genblaze.models.enums import KeyStrategy, URLPolicy

__all__ = ["KeyStrategy", "URLPolicy", "URLPolicyError"]
