"""Where manifests lie: files of a folder, and objects of a store, each with a stamp that changes when it does."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from genblaze import EmbeddingError, GenblazeError, ManifestError, extract_manifest, parse_manifest
from genblaze.file_urls import path_of
from genblaze.models.manifest import MAX_MANIFEST_BYTES

if TYPE_CHECKING:
    from genblaze import Manifest
    from genblaze.storing import FileEntry, Store

__all__ = ["Entry", "FileInFolder", "Place", "is_remote", "manifest_in", "open_place"]

SIDECAR_SUFFIX = ".genblaze.json"
_OWN = ".genblaze"


class Entry(Protocol):
    """Something that may hold a manifest."""

    @property
    def address(self) -> str:
        """Absolute path or URL."""
        ...

    @property
    def stamp(self) -> str:
        """Changes when the content does."""
        ...

    def manifest(self) -> Manifest | None:
        """The manifest in it; None if there is none that can be read."""
        ...


def is_remote(place: str) -> bool:
    """Whether a place is a URL of something that is no file of this machine."""
    return "://" in place and not place.startswith("file:")


class Place(NamedTuple):
    """A folder, a file, or a part of a store.

    Attributes:
        root: Absolute path or URL; the addresses of all entries are it or begin with it and a slash.
        entries: What may hold a manifest, in a steady order.
    """

    root: str
    entries: Iterator[Entry]


@contextmanager
def open_place(place: str) -> Iterator[Place]:
    """Look into a place.

    Args:
        place: A file, a folder, or the URL of a store, a prefix or an object of it.

    Raises:
        GenblazeError: There is no such file, or the store cannot be opened or read.
    """
    if not is_remote(place):
        path = os.path.realpath(path_of(place) if place.startswith("file:") else place)
        yield Place(path.rstrip("/"), _local(Path(path)))
        return
    from genblaze.storing import open_store

    store, prefix = open_store(place)
    try:
        root = store.url_of(prefix) if prefix else store.url_of("key").removesuffix("/key")
        yield Place(root, _stored(store, prefix))
    finally:
        store.close()


def manifest_in(path: Path) -> Manifest | None:
    """The manifest that a file is, carries, or has beside it; None if there is none that can be read."""
    try:
        if path.suffix.lower() == ".json":
            return _parsed(path.read_bytes()) if path.stat().st_size <= MAX_MANIFEST_BYTES else None
        return extract_manifest(path)
    except (EmbeddingError, ManifestError, OSError):
        return None


class FileInFolder:
    """A file, together with the sidecar beside it."""

    def __init__(self, path: Path, status: os.stat_result, sidecar: os.stat_result | None) -> None:
        self.path = path
        self._statuses = [status] if sidecar is None else [status, sidecar]

    @property
    def address(self) -> str:
        """The path."""
        return str(self.path)

    @property
    def stamp(self) -> str:
        """Sizes and times; the time of the last change of the inode shows what was given an old date."""
        return " ".join(f"{each.st_size:x}-{each.st_mtime_ns:x}-{each.st_ctime_ns:x}" for each in self._statuses)

    def manifest(self) -> Manifest | None:
        """The manifest in the file or beside it."""
        return manifest_in(self.path)


class _Object:
    """An object of a store."""

    def __init__(self, store: Store, entry: FileEntry) -> None:
        self._store = store
        self._entry = entry

    @property
    def address(self) -> str:
        return self._store.url_of(self._entry.key)

    @property
    def stamp(self) -> str:
        return f"{self._entry.size:x}-{self._entry.etag}"

    def manifest(self) -> Manifest | None:
        if self._entry.size > MAX_MANIFEST_BYTES:
            return None
        return _parsed(self._store.get(self._entry.key))


def _parsed(document: bytes) -> Manifest | None:
    try:
        return parse_manifest(document)
    except ManifestError:
        return None


def _local(path: Path) -> Iterator[FileInFolder]:
    if path.is_dir():
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith(_OWN))
            yield from _files(Path(folder), sorted(name for name in names if not name.startswith(_OWN)))
    elif path.exists():
        yield from _files(path.parent, [path.name])
    else:
        msg = f"{path} does not exist"
        raise GenblazeError(msg)


def _files(folder: Path, names: list[str]) -> Iterator[FileInFolder]:
    """Regular files; a sidecar belongs to its media file if that is there."""
    present = set(names)
    for name in names:
        beside = name + SIDECAR_SUFFIX
        if name.endswith(SIDECAR_SUFFIX) and name.removesuffix(SIDECAR_SUFFIX) in present:
            continue
        status = _status(folder / name)
        if status is not None:
            yield FileInFolder(folder / name, status, _status(folder / beside) if beside in present else None)


def _status(path: Path) -> os.stat_result | None:
    """What the system knows about a regular file; None for anything else, and for what has just gone."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def _stored(store: Store, prefix: str) -> Iterator[_Object]:
    """Objects that may be manifests: in a store these are documents of their own."""
    token = None
    while True:
        page = store.list(prefix, continuation_token=token)
        for entry in page.entries:
            if _is_below(entry.key, prefix) and entry.key.endswith(".json") and "_index" not in entry.key.split("/"):
                yield _Object(store, entry)
        token = page.next_token
        if token is None:
            return


def _is_below(key: str, prefix: str) -> bool:
    return not prefix or key == prefix or key.startswith(f"{prefix}/")
