"""A published import path. Generated from published_names.txt by tools/facade.py."""

from typing import TYPE_CHECKING

from genblaze.errors import URLPolicyError
from genblaze.models.enums import KeyStrategy, URLPolicy
from genblaze.sinks import AssetTransfer, ObjectStorageSink
from genblaze.storing import ObjectLockConfig, ObjectLockMode, StorageBackend

__all__: list[str] = [
    "AssetTransfer",
    "KeyStrategy",
    "ObjectLockConfig",
    "ObjectLockMode",
    "ObjectStorageSink",
    "StorageBackend",
    "URLPolicy",
    "URLPolicyError",
]

if not TYPE_CHECKING:  # published programs import many a name from where it was merely used
    from genblaze_core import __getattr__ as __getattr__
