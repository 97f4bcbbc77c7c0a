"""What a store is: objects under keys, with the few operations that a sink and the commands need.

A store plugin answers `store(url, context)` with a `Store`. Its methods are plain and may block; the sink
calls them from threads of its own. Keys are relative paths with `/` between the parts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from typing import BinaryIO

__all__ = ["DeleteError", "DeleteResult", "FileEntry", "ListPage", "ObjectMetadata", "Store"]


@dataclass(frozen=True, slots=True)
class ObjectMetadata:
    """What a store knows about one object.

    Attributes:
        key: Its name in the store.
        size: Length in bytes.
        last_modified: When it was written, with a time zone.
        etag: Changes when the content does; how it is made is the store's business.
        content_type: Media type as it was put; None where the store keeps none.
        metadata: User metadata as it was put; empty where the store keeps none.
    """

    key: str
    size: int
    last_modified: datetime
    etag: str
    content_type: str | None = None
    storage_class: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


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
    """One object that could not be deleted, and why."""

    key: str
    code: str
    message: str


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


@runtime_checkable
class Store(Protocol):
    """Objects under keys. Every method may be called from several threads at once.

    All raise `StorageError`, whose `error_code` says whether the object is missing, access was denied, or
    the key cannot be one. Writing is atomic: others see the old object or the whole new one.
    """

    def put(
        self,
        key: str,
        data: bytes | BinaryIO | Path,
        *,
        content_type: str | None = None,
        metadata: dict[str, str] | None = None,
    ) -> ObjectMetadata:
        """Write an object, in place of any that is there. A `Path` is read in blocks, never whole."""
        ...

    def put_if_absent(
        self,
        key: str,
        data: bytes | BinaryIO | Path,
        *,
        content_type: str | None = None,
        metadata: dict[str, str] | None = None,
    ) -> bool:
        """Write an object unless there is one. Of several writers at once exactly one gets True."""
        ...

    def get(self, key: str) -> bytes:
        """The whole content of an object."""
        ...

    def open(self, key: str) -> BinaryIO:
        """The content of an object as a file to read from; the caller closes it."""
        ...

    def head(self, key: str) -> ObjectMetadata | None:
        """What is known about an object; None when there is none."""
        ...

    def list(self, prefix: str = "", *, max_keys: int = 1000, continuation_token: str | None = None) -> ListPage:
        """The objects whose keys begin with a prefix, in order of key, a page at a time."""
        ...

    def copy(self, src_key: str, dst_key: str) -> None:
        """Write an object's content under another key."""
        ...

    def delete(self, key: str) -> None:
        """Remove an object. That it was not there is no error."""
        ...

    def presign(self, key: str, *, expires_in: int = 3600) -> str:
        """A URL from which anyone can read the object for some seconds, without credentials."""
        ...

    def url_of(self, key: str) -> str:
        """The lasting URL of an object, to be written into records; whether there is one is not looked at."""
        ...

    def key_of(self, url: str) -> str | None:
        """The key that `url_of` made this URL of; None for a URL that is not of this store."""
        ...

    def close(self) -> None:
        """Release connections. A closed store is not used again."""
        ...
