"""The `store` plugin for `file:` URLs: objects are files in one folder, and never outside it."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from genblaze.capabilities import Capability
from genblaze.errors import StorageError, URLPolicyError
from genblaze.file_urls import path_of
from genblaze.hookspecs import hookimpl
from genblaze.models.enums import StorageErrorCode
from genblaze.storing import FileEntry, ListPage, ObjectMetadata

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LocalStore"]

OWN_PREFIX: Final = ".genblaze"
"""Names that begin like this are temporary files and the journal, and never objects."""

NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS})
"""How file systems say that they have no hard links."""

CODES: Final = (
    (FileNotFoundError, StorageErrorCode.NOT_FOUND),
    (PermissionError, StorageErrorCode.ACCESS_DENIED),
    (NotADirectoryError, StorageErrorCode.INVALID_INPUT),
    (IsADirectoryError, StorageErrorCode.INVALID_INPUT),
)


@hookimpl
def provides() -> list[Capability]:
    """Folders of this machine."""
    return [Capability(hook="store", key="file", summary="Keeps objects as files in a folder")]


@hookimpl
def store(url: str) -> LocalStore:
    """The store in the folder that the URL names."""
    return LocalStore(path_of(url))


class LocalStore:
    """Objects as files below one folder, which is made when the first is written.

    A folder keeps no content types and no user metadata: both are accepted and forgotten. Symbolic links inside the
    folder are followed as long as they stay inside.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = Path(os.path.realpath(root))

    def __repr__(self) -> str:
        return f"LocalStore({str(self._root)!r})"

    def put(
        self,
        key: str,
        data: bytes | BinaryIO | Path,
        *,
        content_type: str | None = None,  # noqa: ARG002 - a folder has no place for it
        metadata: dict[str, str] | None = None,  # noqa: ARG002 - as above
    ) -> ObjectMetadata:
        """Write an object, in place of any that is there."""
        path = self._path(key, "put")
        with _errors("put", key):
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, data)
            return _metadata(key, path.stat())

    def put_if_absent(
        self,
        key: str,
        data: bytes | BinaryIO | Path,
        *,
        content_type: str | None = None,  # noqa: ARG002 - as in put
        metadata: dict[str, str] | None = None,  # noqa: ARG002 - as in put
    ) -> bool:
        """Write an object unless there is one; a finished file is linked into place."""
        path = self._path(key, "put")
        if path.exists():
            return False
        staged = path.with_name(f"{OWN_PREFIX}-{secrets.token_hex(8)}.new")
        with _errors("put", key):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                _write(staged, data)
                return _claim(staged, path)
            finally:
                staged.unlink(missing_ok=True)

    def get(self, key: str) -> bytes:
        """The whole content of an object."""
        with _errors("get", key):
            return self._path(key, "get").read_bytes()

    def open(self, key: str) -> BinaryIO:
        """The content of an object as a file; the caller closes it."""
        with _errors("get", key):
            return self._path(key, "get").open("rb")

    def head(self, key: str) -> ObjectMetadata | None:
        """Size, time and tag of an object; None when there is none."""
        path = self._path(key, "head")
        with _errors("head", key):
            return _metadata(key, path.stat()) if path.is_file() else None

    def list(self, prefix: str = "", *, max_keys: int = 1000, continuation_token: str | None = None) -> ListPage:
        """Objects in order of key; the token is the last key of the page before."""
        if max_keys < 1:
            msg = f"list: max_keys is {max_keys}, it must be at least 1."
            raise StorageError(msg, error_code=StorageErrorCode.INVALID_INPUT, operation="list")
        entries: list[FileEntry] = []
        with _errors("list", prefix):
            for key, status in _walk(self._root, "", prefix, continuation_token or ""):
                if len(entries) == max_keys:
                    return ListPage(tuple(entries), entries[-1].key)
                known = _metadata(key, status)
                entries.append(FileEntry(key, known.size, known.last_modified, known.etag))
        return ListPage(tuple(entries), None)

    def copy(self, src_key: str, dst_key: str) -> None:
        """Write an object's content under another key."""
        with self.open(src_key) as source:
            self.put(dst_key, source)

    def delete(self, key: str) -> None:
        """Remove an object. That it was not there is no error."""
        path = self._path(key, "delete")
        with _errors("delete", key):
            path.unlink(missing_ok=True)

    def presign(self, key: str, *, expires_in: int = 3600) -> str:  # noqa: ARG002 - files do not expire
        """The object's file URL, which everyone on this machine may read who may read the file."""
        return self.url_of(key)

    def url_of(self, key: str) -> str:
        """The object's file URL."""
        _check_key(key, "url")
        return (self._root / key).as_uri()

    def key_of(self, url: str) -> str | None:
        """The key of a file URL below the folder."""
        try:
            path = path_of(url)
            key = path.relative_to(self._root).as_posix()
            _check_key(key, "url")
        except (URLPolicyError, StorageError, ValueError):
            return None
        return key

    def close(self) -> None:
        """Nothing to release."""

    def _path(self, key: str, operation: str) -> Path:
        """Where an object lies, links followed; never outside the folder."""
        _check_key(key, operation)
        path = Path(os.path.realpath(self._root / key))
        if not path.is_relative_to(self._root):
            msg = f"{operation}: the key {key!r} leads out of {self._root} through a symbolic link."
            raise StorageError(msg, error_code=StorageErrorCode.INVALID_INPUT, operation=operation)
        return path


def _check_key(key: str, operation: str) -> None:
    parts = key.split("/")
    if "\0" in key or "\\" in key or any(part in {"", ".", ".."} or part.startswith(OWN_PREFIX) for part in parts):
        msg = (
            f"{operation}: {key!r} is no key. Write a relative path with / between its parts, without backslashes"
            f" and without parts that are empty, . or .., or begin with {OWN_PREFIX}."
        )
        raise StorageError(msg, error_code=StorageErrorCode.INVALID_INPUT, operation=operation)


def _write(path: Path, data: bytes | BinaryIO | Path) -> None:
    from genblaze.atomic import atomic_write

    with atomic_write(path) as writer:
        if isinstance(data, bytes | bytearray | memoryview):
            writer.write(data)
        elif isinstance(data, Path):
            with data.open("rb") as reader:
                shutil.copyfileobj(reader, writer, 1 << 20)
        else:
            shutil.copyfileobj(data, writer, 1 << 20)


def _claim(staged: Path, path: Path) -> bool:
    """Give a finished file its name unless the name is taken."""
    try:
        os.link(staged, path)
    except FileExistsError:
        return False
    except OSError as exc:
        if exc.errno not in NO_LINKS:
            raise
        return _claim_without_links(staged, path)
    return True


def _claim_without_links(staged: Path, path: Path) -> bool:
    """Claim the name with an empty file, then rename over it: for a moment readers may see it empty."""
    try:
        path.open("xb").close()
    except FileExistsError:
        return False
    staged.replace(path)
    return True


def _walk(folder: Path, base: str, prefix: str, after: str) -> Iterator[tuple[str, os.stat_result]]:
    """Files below a folder in order of key; folders that prefix or token rule out are not entered."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=_sort_name)
    except FileNotFoundError:  # no folder yet, or it went away while we walked
        return
    for entry in entries:
        key = base + _sort_name(entry)
        if entry.name.startswith(OWN_PREFIX) or not (key.startswith(prefix) or prefix.startswith(key)):
            continue
        if entry.is_dir(follow_symlinks=False):
            if key > after or after.startswith(key):
                yield from _walk(folder / entry.name, key, prefix, after)
        elif key > after and key.startswith(prefix) and entry.is_file(follow_symlinks=False):
            yield key, entry.stat(follow_symlinks=False)


def _sort_name(entry: os.DirEntry[str]) -> str:
    """A folder sorts by what its objects' keys go on with, so that pages follow the order of whole keys."""
    return f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name


def _metadata(key: str, status: os.stat_result) -> ObjectMetadata:
    modified = datetime.fromtimestamp(status.st_mtime, UTC)
    return ObjectMetadata(key, status.st_size, modified, f"{status.st_mtime_ns:x}-{status.st_size:x}")


@contextmanager
def _errors(operation: str, key: str) -> Iterator[None]:
    """Turn what the operating system says into the error of stores."""
    try:
        yield
    except OSError as exc:
        code = next((code for kind, code in CODES if isinstance(exc, kind)), StorageErrorCode.UNKNOWN)
        msg = f"{operation} {key!r} failed: {exc.strerror or exc}"
        raise StorageError(msg, error_code=code, operation=operation) from exc
