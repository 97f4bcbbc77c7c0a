"""A store whose objects are files in one folder, and never outside it."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NoReturn, cast

from genblaze.errors import StorageError, URLPolicyError
from genblaze.file_urls import path_of
from genblaze.models.enums import StorageErrorCode
from genblaze.storing import store
from genblaze.storing.options import PutOptions, ReadOptions
from genblaze.storing.records import FileEntry, ListPage, ObjectMetadata
from genblaze.storing.store import DEFAULT_PUT, DEFAULT_READ, Content, check_digest

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LocalFolderStore"]

OWN_PREFIX: Final = ".genblaze"
"""Names that begin like this are temporary files and the journal, and never objects."""

BLOCK: Final = 1 << 20

LONGEST_NAME: Final = 255
"""Bytes that file systems take for the name of a file or a folder."""

NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS})
"""How file systems say that they have no hard links."""

CODES: Final = (
    (FileNotFoundError, StorageErrorCode.NOT_FOUND),
    (PermissionError, StorageErrorCode.ACCESS_DENIED),
    (NotADirectoryError, StorageErrorCode.INVALID_INPUT),
    (IsADirectoryError, StorageErrorCode.INVALID_INPUT),
)


class LocalFolderStore:
    """Objects as files below one folder, which is made when the first is written.

    A folder keeps no content types and no user metadata: both are accepted and forgotten. It locks and encrypts
    nothing, and says so when asked to. Symbolic links inside the folder are followed as long as they stay inside.

    Args:
        root: The folder.
    """

    conditional_put = True

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self._root = Path(os.path.realpath(root))

    def __repr__(self) -> str:
        return f"LocalFolderStore({str(self._root)!r})"

    def preflight(self, *, locking: bool = False) -> None:
        """Refuse a folder that may not be written to, and locks."""
        if locking:
            _refuse("lock")
        there = next(each for each in (self._root, *self._root.parents) if each.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            msg = f"{self._root} cannot be written to: {there} is {'not writable' if there.is_dir() else 'no folder'}."
            raise StorageError(msg, error_code=StorageErrorCode.ACCESS_DENIED, operation="preflight")

    def put(self, key: str, data: Content, options: PutOptions = DEFAULT_PUT) -> None:
        """Write an object, in place of any that is there."""
        path = self._path(key, "put")
        _refuse_promises(options)
        with _errors("put", key):
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, data, options.sha256)

    def put_if_absent(self, key: str, data: Content, options: PutOptions = DEFAULT_PUT) -> bool:
        """Write an object unless there is one; a finished file is linked into place."""
        path = self._path(key, "put")
        _refuse_promises(options)
        if path.exists():
            return False
        staged = path.with_name(f"{OWN_PREFIX}-{os.urandom(8).hex()}.new")
        with _errors("put", key):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                _write(staged, data, options.sha256)
                return _claim(staged, path)
            finally:
                staged.unlink(missing_ok=True)

    def get(self, key: str, options: ReadOptions = DEFAULT_READ) -> bytes:
        """The content of an object, or a range of it."""
        with self.open(key, options) as file, _errors("get", key):
            return file.read()

    def open(self, key: str, options: ReadOptions = DEFAULT_READ) -> BinaryIO:
        """The content of an object, or a range of it, as a file; the caller closes it."""
        with _errors("get", key):
            file = self._path(key, "get").open("rb")
            file.seek(options.offset)
        return file if options.length is None else cast("BinaryIO", io.BufferedReader(_Part(file, options.length)))

    def head(self, key: str, options: ReadOptions = DEFAULT_READ) -> ObjectMetadata | None:  # noqa: ARG002 - no keys
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
        _check_key(dst_key, "copy")
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
    store.check_key(key, operation)
    if any(part.startswith(OWN_PREFIX) for part in key.split("/")):
        msg = f"{operation}: {key!r} is no key in a folder: names that begin with {OWN_PREFIX} are for temporary files."
        raise StorageError(msg, error_code=StorageErrorCode.INVALID_INPUT, operation=operation)
    if any(len(os.fsencode(part)) > LONGEST_NAME for part in key.split("/")):
        msg = f"{operation}: {key!r} is no key in a folder: a part of it is longer than {LONGEST_NAME} bytes."
        raise StorageError(msg, error_code=StorageErrorCode.INVALID_INPUT, operation=operation)


def _refuse_promises(options: PutOptions) -> None:
    """Say no to what a folder cannot keep, rather than write the file and be silent."""
    for name, asked in (("lock", options.lock), ("encrypt", options.encryption)):
        if asked is not None:
            _refuse(name)


def _refuse(what: str) -> NoReturn:
    msg = f"put: a folder cannot {what} its files; leave the option out, or use a store that can."
    raise StorageError(msg, error_code=StorageErrorCode.INVALID_INPUT, operation="put")


class _Part(io.RawIOBase):
    """The next so many bytes of a file."""

    def __init__(self, file: BinaryIO, length: int) -> None:
        self._file = file
        self._left = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        taken = self._file.read(min(len(buffer), self._left))
        self._left -= len(taken)
        buffer[: len(taken)] = taken
        return len(taken)

    def close(self) -> None:
        self._file.close()
        super().close()


def _write(path: Path, data: Content, sha256: str | None) -> None:
    """Write content that must have a digest, if one is said; what is hashed is what is written."""
    from genblaze.atomic import atomic_write

    found = hashlib.sha256()
    with atomic_write(path) as writer:
        for block in _blocks(data):
            writer.write(block)
            if sha256 is not None:
                found.update(block)
        if sha256 is not None:
            check_digest(found.hexdigest(), sha256)


def _blocks(data: Content) -> Iterator[bytes]:
    if isinstance(data, bytes | bytearray | memoryview):
        yield data
    elif isinstance(data, Path):
        with data.open("rb", buffering=0) as reader:
            yield from iter(partial(reader.read, BLOCK), b"")
    else:
        yield from iter(partial(data.read, BLOCK), b"")


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
