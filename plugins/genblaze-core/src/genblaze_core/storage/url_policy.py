"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.errors import URLPolicyError
from genblaze.models.enums import URLPolicy

__all__ = ["URLPolicy", "URLPolicyError"]
