"""Where manifests lie: files of a folder, and objects of a store, each with a stamp that changes when it does."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from genblaze import EmbeddingError, GenblazeError, ManifestError, extract_manifest, parse_manifest
from genblaze.data_urls import is_data_url
from genblaze.file_urls import local_file, path_of
from genblaze.models.manifest import MAX_MANIFEST_BYTES

if TYPE_CHECKING:
    from genblaze import Asset, Manifest
    from genblaze.storing import FileEntry, Store

__all__ = [
    "Entry",
    "FileInFolder",
    "MissingOutputError",
    "Place",
    "is_remote",
    "manifest_in",
    "name_in",
    "open_place",
]

SIDECAR_SUFFIX = ".genblaze.json"
_OWN = ".genblaze"

AT_ONCE = 8
"""Objects of a store that are read at once; boto3 keeps ten connections."""

MOST_COPIED = 256 << 20
"""Bytes of an object that is brought here to be looked at; larger ones stay where they are."""


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

    def document(self) -> bytes | None:
        """The text of a manifest that is a document of its own; None of anything else."""
        ...

    def find(self, asset: Asset, workspace: Path | None) -> Path | None:
        """The file of an output that the document names; None if it is nowhere where this entry may look.

        Args:
            asset: The output.
            workspace: Folder for copies of what lies in a store; None to copy nothing.

        Raises:
            MissingOutputError: It is not where it should be.
        """
        ...


class MissingOutputError(GenblazeError):
    """An output is not where its manifest says."""


def is_remote(place: str) -> bool:
    """Whether a place is a URL of something that is no file of this machine."""
    return "://" in place and not place.startswith("file:")


class Place(NamedTuple):
    """A folder, a file, or a part of a store.

    Attributes:
        root: Absolute path or URL; the addresses of all entries are it or begin with it and a slash.
        entries: What may hold a manifest, in a steady order.
        at_once: How many of them are best read at once: a store lets one wait, a disk hardly.
    """

    root: str
    entries: Iterator[Entry]
    at_once: int = 1


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
        root = _written_alike(place)
        yield Place(root, _stored(store, prefix, root), AT_ONCE)
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

    def document(self) -> bytes | None:
        """The text of the file, if it is a manifest."""
        if self.path.suffix.lower() != ".json" or self.manifest() is None:
            return None
        return self.path.read_bytes()

    def find(self, asset: Asset, workspace: Path | None) -> Path | None:  # noqa: ARG002 - it is here already
        """Where the manifest says, or beside the manifest under the same name; None of what is not on this machine."""
        named = local_file(asset.url)
        beside = self.path.parent / (name_in(asset.url) or asset.asset_id)
        found = next((path for path in (named, beside) if path is not None and path.is_file()), None)
        if found is None and named is not None:
            msg = "the file is not where the manifest says"
            raise MissingOutputError(msg)
        return found


class _Object:
    """An object of a store."""

    def __init__(self, store: Store, entry: FileEntry, address: str) -> None:
        self._store = store
        self._entry = entry
        self.address = address

    @property
    def stamp(self) -> str:
        return f"{self._entry.size:x}-{self._entry.etag}"

    def manifest(self) -> Manifest | None:
        document = self.document()
        return None if document is None else _parsed(document)

    def document(self) -> bytes | None:
        if self._entry.size > MAX_MANIFEST_BYTES:
            return None
        document = self._store.get(self._entry.key)
        return document if _parsed(document) is not None else None

    def find(self, asset: Asset, workspace: Path | None) -> Path | None:
        """A copy, if it lies in the same store: a manifest from elsewhere names no file of this machine."""
        key = self._store.key_of(asset.url)
        if key is None or workspace is None:
            return None
        known = self._store.head(key)
        if known is None:
            msg = "the object is not in the store"
            raise MissingOutputError(msg)
        if known.size > MOST_COPIED:
            return None
        target = workspace / f"{hashlib.sha256(asset.url.encode()).hexdigest()}{PurePosixPath(key).suffix}"
        with self._store.open(key) as source, target.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
        return target


def name_in(url: str) -> str:
    """The file's name in a URL; empty if it has none."""
    return "" if is_data_url(url) else PurePosixPath(unquote(urlsplit(url).path)).name


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


def _written_alike(url: str) -> str:
    """One way to write a URL that may be written in several."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=quote(unquote(parts.path)).rstrip("/")))


def _stored(store: Store, prefix: str, root: str) -> Iterator[_Object]:
    """Objects that may be manifests: in a store these are documents of their own."""
    token = None
    while True:
        page = store.list(prefix, continuation_token=token)
        for entry in page.entries:
            if _is_below(entry.key, prefix) and entry.key.endswith(".json") and "_index" not in entry.key.split("/"):
                below = entry.key.removeprefix(prefix) if prefix else f"/{entry.key}"
                yield _Object(store, entry, root + quote(below))
        token = page.next_token
        if token is None:
            return


def _is_below(key: str, prefix: str) -> bool:
    return not prefix or key == prefix or key.startswith(f"{prefix}/")
