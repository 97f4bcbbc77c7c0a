"""A published import path. Generated from published_names.txt by tools/facade.py."""

from typing import TYPE_CHECKING

from genblaze.errors import StorageError
from genblaze.models.enums import StorageErrorCode
from genblaze.storing import RETRYABLE_STORAGE_CODES, classify_botocore_error

__all__: list[str] = ["RETRYABLE_STORAGE_CODES", "StorageError", "StorageErrorCode", "classify_botocore_error"]

if not TYPE_CHECKING:  # published programs import many a name from where it was merely used
    from genblaze_core import __getattr__ as __getattr__
