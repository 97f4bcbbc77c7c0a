"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.errors import StorageError
from genblaze.models.enums import StorageErrorCode

__all__ = ["StorageError", "StorageErrorCode"]
