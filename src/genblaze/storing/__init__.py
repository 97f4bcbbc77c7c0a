"""What a store is: objects under keys, with the few operations that a sink and the commands need.

A store plugin answers `store(url, context)` with a `Store`. A class derived from the published `StorageBackend` is
brought into that shape by `as_store`. Every store passes the tests in `genblaze.testing.StoreContract`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze.lazy import loads_at_first_use

if TYPE_CHECKING:
    from genblaze.storing.adapting import BackendStore as BackendStore
    from genblaze.storing.adapting import as_store as as_store
    from genblaze.storing.backend import StorageBackend as StorageBackend
    from genblaze.storing.botocore_errors import RETRYABLE_STORAGE_CODES as RETRYABLE_STORAGE_CODES
    from genblaze.storing.botocore_errors import classify_botocore_error as classify_botocore_error
    from genblaze.storing.folder import LocalFolderStore as LocalFolderStore
    from genblaze.storing.opening import OpenStore as OpenStore
    from genblaze.storing.opening import open_store as open_store
    from genblaze.storing.options import Encryption as Encryption
    from genblaze.storing.options import EncryptionMode as EncryptionMode
    from genblaze.storing.options import ObjectLockConfig as ObjectLockConfig
    from genblaze.storing.options import ObjectLockMode as ObjectLockMode
    from genblaze.storing.options import PutOptions as PutOptions
    from genblaze.storing.options import ReadOptions as ReadOptions
    from genblaze.storing.options import StorageConfig as StorageConfig
    from genblaze.storing.records import DeleteError as DeleteError
    from genblaze.storing.records import DeleteResult as DeleteResult
    from genblaze.storing.records import FileEntry as FileEntry
    from genblaze.storing.records import ListPage as ListPage
    from genblaze.storing.records import ObjectMetadata as ObjectMetadata
    from genblaze.storing.records import TransferProgress as TransferProgress
    from genblaze.storing.store import Store as Store
    from genblaze.storing.store import check_content as check_content
    from genblaze.storing.store import check_digest as check_digest
    from genblaze.storing.store import check_key as check_key

__getattr__, __dir__, __all__ = loads_at_first_use(
    __name__,
    {
        "genblaze.storing.adapting": "BackendStore as_store",
        "genblaze.storing.backend": "StorageBackend",
        "genblaze.storing.botocore_errors": "RETRYABLE_STORAGE_CODES classify_botocore_error",
        "genblaze.storing.folder": "LocalFolderStore",
        "genblaze.storing.opening": "OpenStore open_store",
        "genblaze.storing.options": (
            "Encryption EncryptionMode ObjectLockConfig ObjectLockMode PutOptions ReadOptions StorageConfig"
        ),
        "genblaze.storing.records": "DeleteError DeleteResult FileEntry ListPage ObjectMetadata TransferProgress",
        "genblaze.storing.store": "Store check_content check_digest check_key",
    },
)
