"""How an object is written and read: type, metadata, caching, retention, encryption, byte ranges."""

from __future__ import annotations

import base64
import hashlib
import warnings
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Literal, Self, TypeAlias

import msgspec

from genblaze.errors import InvalidValueError

__all__ = [
    "Encryption",
    "EncryptionMode",
    "ObjectLockConfig",
    "ObjectLockMode",
    "PutOptions",
    "ReadOptions",
    "StorageConfig",
]

ObjectLockMode: TypeAlias = Literal["GOVERNANCE", "COMPLIANCE"]

SSE_C_KEY_BYTES: Final = 32


class EncryptionMode(StrEnum):
    """Whose key encrypts an object at rest."""

    SSE_S3 = "sse-s3"
    SSE_KMS = "sse-kms"
    SSE_C = "sse-c"


@dataclass(frozen=True)
class ObjectLockConfig:
    """How long an object may be neither deleted nor overwritten (S3 Object Lock).

    Attributes:
        retain_until: The end of the retention, with a time zone. Give this, or `retain_for`, or only a legal hold.
        mode: GOVERNANCE can be lifted by those who have the right to; COMPLIANCE by nobody until the end.
        retain_for: The retention as a duration, counted from each upload.
        legal_hold: Keep the object until the hold is taken off, whatever the date.
    """

    retain_until: datetime | None = None
    mode: ObjectLockMode = "GOVERNANCE"
    retain_for: timedelta | None = field(default=None, kw_only=True)
    legal_hold: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        if self.mode not in {"GOVERNANCE", "COMPLIANCE"}:
            msg = f"ObjectLockConfig: mode is GOVERNANCE or COMPLIANCE, not {self.mode!r}"
            raise InvalidValueError(msg)
        given = sum(value is not None for value in (self.retain_until, self.retain_for))
        if given > 1 or not (given or self.legal_hold):
            msg = "ObjectLockConfig: give retain_until, or retain_for, or legal_hold=True"
            raise InvalidValueError(msg)
        self._check_end()

    def _check_end(self) -> None:
        if self.retain_for is not None and self.retain_for <= timedelta(0):
            msg = f"ObjectLockConfig: retain_for must be a time to come, not {self.retain_for}"
            raise InvalidValueError(msg)
        if self.retain_until is None:
            return
        if self.retain_until.tzinfo is None:
            msg = "ObjectLockConfig: retain_until needs a time zone, as in datetime(2030, 1, 1, tzinfo=UTC)"
            raise InvalidValueError(msg)
        if self.retain_until <= datetime.now(UTC):
            warnings.warn("ObjectLockConfig: retain_until is past; nothing will be locked", UserWarning, stacklevel=4)

    def until(self) -> datetime | None:
        """The end of the retention of an object that is written now; None with a legal hold alone."""
        return self.retain_until if self.retain_for is None else datetime.now(UTC) + self.retain_for

    def to_extra_args(self) -> dict[str, Any]:
        """The arguments that S3's PutObject takes for it."""
        until = self.until()
        retention = {} if until is None else {"ObjectLockMode": self.mode, "ObjectLockRetainUntilDate": until}
        return retention | ({"ObjectLockLegalHoldStatus": "ON"} if self.legal_hold else {})


@dataclass(frozen=True, slots=True)
class Encryption:
    """Who encrypts an object at rest, and with which key; make one with `sse_s3`, `sse_kms` or `sse_c`.

    Attributes:
        mode: SSE_S3 (the store's own keys), SSE_KMS (a key in its key service) or SSE_C (a key of yours, sent
            with every request and kept nowhere).
        kms_key_id: Name of the key, for SSE-KMS.
        customer_key: The 32 bytes of the key, for SSE-C; never shown.
        customer_key_md5_b64: Its MD5 in base64, as the protocol wants it.
    """

    mode: EncryptionMode
    kms_key_id: str | None = None
    customer_key: bytes | None = field(default=None, repr=False)
    customer_key_md5_b64: str | None = field(default=None, repr=False)

    @classmethod
    def sse_s3(cls) -> Self:
        """Encryption with keys that the store keeps (SSE-B2 at Backblaze)."""
        return cls(EncryptionMode.SSE_S3)

    @classmethod
    def sse_kms(cls, kms_key_id: str) -> Self:
        """Encryption with a key in the store's key service."""
        if not kms_key_id:
            msg = "Encryption.sse_kms: give the id of the key"
            raise InvalidValueError(msg)
        return cls(EncryptionMode.SSE_KMS, kms_key_id=kms_key_id)

    @classmethod
    def sse_c(cls, customer_key: bytes, *, key_md5_b64: str | None = None) -> Self:
        """Encryption with a key of yours; whoever reads the object must have it.

        Args:
            customer_key: 32 bytes.
            key_md5_b64: Its MD5 in base64, computed unless given.
        """
        if not isinstance(customer_key, bytes) or len(customer_key) != SSE_C_KEY_BYTES:
            msg = f"Encryption.sse_c: the key must be {SSE_C_KEY_BYTES} bytes"
            raise InvalidValueError(msg)
        md5 = hashlib.md5(customer_key, usedforsecurity=False).digest()
        return cls(
            EncryptionMode.SSE_C,
            customer_key=customer_key,
            customer_key_md5_b64=key_md5_b64 or base64.b64encode(md5).decode(),
        )

    def to_put_extra_args(self) -> dict[str, Any]:
        """The arguments that S3's PutObject takes for it."""
        if self.mode == EncryptionMode.SSE_S3:
            return {"ServerSideEncryption": "AES256"}
        if self.mode == EncryptionMode.SSE_KMS:
            return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.kms_key_id}
        return self.to_get_extra_args()

    def to_get_extra_args(self) -> dict[str, Any]:
        """The arguments that S3's GetObject takes: the key for SSE-C, nothing otherwise."""
        if self.mode != EncryptionMode.SSE_C:
            return {}
        return {
            "SSECustomerAlgorithm": "AES256",
            "SSECustomerKey": base64.b64encode(self.customer_key or b"").decode(),
            "SSECustomerKeyMD5": self.customer_key_md5_b64,
        }

    def to_head_extra_args(self) -> dict[str, Any]:
        """The arguments that S3's HeadObject takes, which are those of GetObject."""
        return self.to_get_extra_args()

    def to_copy_extra_args(self) -> dict[str, Any]:
        """The arguments that S3's CopyObject takes, for source and copy encrypted alike."""
        source = {f"CopySource{name}": value for name, value in self.to_get_extra_args().items()}
        return self.to_put_extra_args() | source


class PutOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be kept beside an object's content; a store forgets what it has no place for, except the lock.

    Attributes:
        content_type: Media type that readers are told.
        metadata: User metadata; names are lowercase ASCII.
        cache_control: The HTTP header of that name, for readers.
        sha256: Digest that the content must have, in lowercase hexadecimal. Content that has another one is refused
            with `INVALID_INPUT` and the object stays as it was.
        lock: Retention; a store that cannot keep the promise refuses with `INVALID_INPUT`.
        encryption: Encryption at rest; refused like the lock.
    """

    content_type: str | None = None
    metadata: dict[str, str] = {}
    cache_control: str | None = None
    sha256: str | None = None
    lock: ObjectLockConfig | None = None
    encryption: Encryption | None = None


class ReadOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of an object is read, and with which key.

    Attributes:
        offset: First byte.
        length: How many bytes at most; None reads to the end. A range past the end gives what there is of it.
        encryption: The key, for objects encrypted with one of the user's own (`Encryption.sse_c`).
    """

    offset: int = 0
    length: int | None = None
    encryption: Encryption | None = None

    def __post_init__(self) -> None:
        if self.offset < 0 or (self.length is not None and self.length < 0):
            msg = f"a range begins at 0 or later and has a length of 0 or more, not {self.offset}, {self.length}"
            raise InvalidValueError(msg)

    @property
    def whole(self) -> bool:
        """Whether everything is read."""
        return self.offset == 0 and self.length is None


@dataclass(frozen=True, slots=True)
class StorageConfig:
    """How a store talks to its server.

    Attributes:
        max_pool_connections: Connections kept open.
        connect_timeout_sec: Seconds to wait for a connection.
        read_timeout_sec: Seconds to wait for the next bytes.
        multipart_threshold: Bytes from which an object goes up in parts.
        multipart_chunk_size: Bytes of one part, at least.
        retries: Attempts after the first.
        user_agent_extra: Added to the User-Agent header.
        signing_addressing_style: Whether the bucket stands in the host name or in the path.
    """

    max_pool_connections: int = 20
    connect_timeout_sec: float = 30.0
    read_timeout_sec: float = 300.0
    multipart_threshold: int = 16 * 1024 * 1024
    multipart_chunk_size: int = 16 * 1024 * 1024
    retries: int = 3
    user_agent_extra: str | None = None
    signing_addressing_style: Literal["virtual", "path"] = "virtual"
