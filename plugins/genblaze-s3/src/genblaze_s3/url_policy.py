"""The published import path of `URLPolicy`."""

from genblaze.errors import URLPolicyError
from genblaze.models.enums import URLPolicy

__all__ = ["URLPolicy", "URLPolicyError"]
