"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.errors import StorageError
from genblaze.models.enums import StorageErrorCode
from genblaze.storing import RETRYABLE_STORAGE_CODES, classify_botocore_error

__all__ = ["RETRYABLE_STORAGE_CODES", "StorageError", "StorageErrorCode", "classify_botocore_error"]
