"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.errors import URLPolicyError
from genblaze.models.enums import KeyStrategy, URLPolicy
from genblaze.sinks import AssetTransfer, ObjectStorageSink
from genblaze.storing import ObjectLockConfig, ObjectLockMode, StorageBackend

__all__ = [
    "AssetTransfer",
    "KeyStrategy",
    "ObjectLockConfig",
    "ObjectLockMode",
    "ObjectStorageSink",
    "StorageBackend",
    "URLPolicy",
    "URLPolicyError",
]
