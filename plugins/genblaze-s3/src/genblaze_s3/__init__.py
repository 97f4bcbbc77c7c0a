"""Genblaze outputs in Backblaze B2 and every other S3 store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genblaze.errors import URLPolicyError as URLPolicyError
    from genblaze.models.enums import URLPolicy as URLPolicy
    from genblaze.storing import Encryption as Encryption
    from genblaze.storing import EncryptionMode as EncryptionMode
    from genblaze_s3.asynchronous import AsyncS3StorageBackend as AsyncS3StorageBackend
    from genblaze_s3.backend import S3StorageBackend as S3StorageBackend
    from genblaze_s3.presigned import PresignedURL as PresignedURL
    from genblaze_s3.store import S3Store as S3Store
    from genblaze_s3.versions import ObjectVersion as ObjectVersion

_HOMES = {
    "AsyncS3StorageBackend": "genblaze_s3.asynchronous",
    "Encryption": "genblaze.storing",
    "EncryptionMode": "genblaze.storing",
    "ObjectVersion": "genblaze_s3.versions",
    "PresignedURL": "genblaze_s3.presigned",
    "S3StorageBackend": "genblaze_s3.backend",
    "S3Store": "genblaze_s3.store",
    "URLPolicy": "genblaze.models.enums",
    "URLPolicyError": "genblaze.errors",
}

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


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
