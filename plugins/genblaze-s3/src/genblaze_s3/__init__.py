"""Genblaze outputs in Backblaze B2 and every other S3 store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze.lazy import loads_at_first_use

if TYPE_CHECKING:
    from genblaze.errors import URLPolicyError as URLPolicyError
    from genblaze.models.enums import URLPolicy as URLPolicy
    from genblaze.storing import Encryption as Encryption
    from genblaze.storing import EncryptionMode as EncryptionMode
    from genblaze_s3.async_backend import AsyncS3StorageBackend as AsyncS3StorageBackend
    from genblaze_s3.backend import S3StorageBackend as S3StorageBackend
    from genblaze_s3.presigned import PresignedURL as PresignedURL
    from genblaze_s3.store import S3Store as S3Store
    from genblaze_s3.versions import ObjectVersion as ObjectVersion

__all__ = [
    "AsyncS3StorageBackend",
    "Encryption",
    "EncryptionMode",
    "ObjectVersion",
    "PresignedURL",
    "S3StorageBackend",
    "S3Store",
    "URLPolicy",
    "URLPolicyError",
]

__getattr__, __dir__, _ = loads_at_first_use(
    __name__,
    {
        "genblaze.errors": "URLPolicyError",
        "genblaze.models.enums": "URLPolicy",
        "genblaze.storing": "Encryption EncryptionMode",
        "genblaze_s3.async_backend": "AsyncS3StorageBackend",
        "genblaze_s3.backend": "S3StorageBackend",
        "genblaze_s3.presigned": "PresignedURL",
        "genblaze_s3.store": "S3Store",
        "genblaze_s3.versions": "ObjectVersion",
    },
)
