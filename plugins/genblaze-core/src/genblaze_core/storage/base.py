"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.models.enums import KeyStrategy
from genblaze.storing import ObjectLockConfig, StorageBackend

__all__ = ["KeyStrategy", "ObjectLockConfig", "StorageBackend"]
