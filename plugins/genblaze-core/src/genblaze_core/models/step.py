"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.models.enums import RETRYABLE_ERROR_CODES
from genblaze.models.step import UPSTREAM_ID_KEY, Step

__all__ = ["RETRYABLE_ERROR_CODES", "UPSTREAM_ID_KEY", "Step"]
