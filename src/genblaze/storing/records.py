"""What stores tell: about an object, a listing, a deletion, a transfer under way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["DeleteError", "DeleteResult", "FileEntry", "ListPage", "ObjectMetadata", "TransferProgress"]


@dataclass(frozen=True, slots=True)
class ObjectMetadata:
    """What a store knows about one object.

    Attributes:
        key: Its name in the store.
        size: Length in bytes.
        last_modified: When it was written, with a time zone.
        etag: Changes when the content does; how it is made is the store's business.
        content_type: Media type as it was put; None where the store keeps none.
        storage_class: The store's word for how the object is kept, if it has one.
        metadata: User metadata as it was put; empty where the store keeps none.
        sha256: Digest of the whole content in lowercase hexadecimal, where the server has computed or checked it, or
            the store noted it when it wrote the object; None otherwise.
    """

    key: str
    size: int
    last_modified: datetime
    etag: str
    content_type: str | None = None
    storage_class: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One object in a listing; the fields mean what they mean in `ObjectMetadata`."""

    key: str
    size: int
    last_modified: datetime
    etag: str
    storage_class: str | None = None


@dataclass(frozen=True, slots=True)
class ListPage:
    """A part of a listing, in order of key.

    Attributes:
        entries: At most as many as were asked for.
        next_token: Pass it to get what follows; None at the end.
    """

    entries: tuple[FileEntry, ...]
    next_token: str | None


@dataclass(frozen=True, slots=True)
class DeleteError:
    """One object that could not be deleted, and why.

    Attributes:
        key: Its name.
        code: The reason in one word, the store's own or a `StorageErrorCode`.
        message: The reason.
        version_id: Which of its versions, where versions were to be deleted.
    """

    key: str
    code: str
    message: str
    version_id: str | None = None


@dataclass(frozen=True, slots=True)
class DeleteResult:
    """What became of a request to delete several objects.

    Attributes:
        deleted: Keys that are gone, or would be in a dry run.
        errors: Those that are not.
        dry_run: Whether nothing was deleted.
    """

    deleted: tuple[str, ...]
    errors: tuple[DeleteError, ...]
    dry_run: bool

    @property
    def all_succeeded(self) -> bool:
        """Whether nothing is left that should be gone."""
        return not self.errors

    @property
    def total(self) -> int:
        """How many objects were asked for."""
        return len(self.deleted) + len(self.errors)


@dataclass(frozen=True, slots=True)
class TransferProgress:
    """How far the transfer of one object has come.

    Attributes:
        bytes_transferred: So far.
        total_bytes: In all; None where nobody knows.
        operation: "put" or "get".
        key: The object.
    """

    bytes_transferred: int
    total_bytes: int | None
    operation: str
    key: str
