"""What a store is: objects under keys, with the few operations that a sink and the commands need.

A store plugin answers `store(url, context)` with a `Store`. A class derived from the published `StorageBackend` is
brought into that shape by `as_store`. Every store passes the tests in `genblaze.testing.StoreContract`.
"""

from __future__ import annotations

from genblaze.storing.adapting import BackendStore, as_store
from genblaze.storing.backend import StorageBackend
from genblaze.storing.botocore_errors import RETRYABLE_STORAGE_CODES, classify_botocore_error
from genblaze.storing.folder import LocalFolderStore
from genblaze.storing.opening import OpenStore, open_store
from genblaze.storing.options import (
    Encryption,
    EncryptionMode,
    ObjectLockConfig,
    ObjectLockMode,
    PutOptions,
    ReadOptions,
    StorageConfig,
)
from genblaze.storing.records import (
    DeleteError,
    DeleteResult,
    FileEntry,
    ListPage,
    ObjectMetadata,
    TransferProgress,
)
from genblaze.storing.store import Store, check_content, check_key

__all__ = [
    "RETRYABLE_STORAGE_CODES",
    "BackendStore",
    "DeleteError",
    "DeleteResult",
    "Encryption",
    "EncryptionMode",
    "FileEntry",
    "ListPage",
    "LocalFolderStore",
    "ObjectLockConfig",
    "ObjectLockMode",
    "ObjectMetadata",
    "OpenStore",
    "PutOptions",
    "ReadOptions",
    "StorageBackend",
    "StorageConfig",
    "Store",
    "TransferProgress",
    "as_store",
    "check_content",
    "check_key",
    "classify_botocore_error",
    "open_store",
]
