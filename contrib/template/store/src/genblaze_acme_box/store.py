"""`AcmeBoxStore`: objects in one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, unquote, urlsplit

from genblaze import StorageBackend, StorageError, StorageErrorCode
from genblaze.storing import FileEntry, ListPage, ObjectMetadata

SCHEMA = "CREATE TABLE IF NOT EXISTS objects (key TEXT PRIMARY KEY, content BLOB, digest TEXT, written TEXT)"
PATIENCE = 60.0  # seconds to wait while another one writes


class AcmeBoxStore(StorageBackend):
    """Keeps objects in an SQLite file, which is made when it is first written to.

    Args:
        path: The file.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).absolute()
        self._base = f"acme-box://{quote(self.path.as_posix())}/"

    @classmethod
    def from_url(cls, url: str) -> AcmeBoxStore:
        """The store that a URL names.

        Raises:
            StorageError: The URL names no file of this machine.
        """
        parts = urlsplit(url)
        path = unquote(parts.path).rstrip("/")
        if parts.netloc or parts.query or parts.fragment or not path:
            msg = f"{url!r} names no file of this machine: write acme-box:///folder/pictures.db"
            raise StorageError(msg, error_code=StorageErrorCode.INVALID_INPUT)
        return cls(path)

    def put(
        self,
        key: str,
        data: bytes | BinaryIO,
        *,
        content_type: str | None = None,  # noqa: ARG002 - it keeps the content and no more
        metadata: dict[str, str] | None = None,  # noqa: ARG002 - as content_type
        extra_args: dict[str, Any] | None = None,  # noqa: ARG002 - as content_type
    ) -> str:
        """Write an object, in place of any that is there, and return its key."""
        content = data if isinstance(data, bytes) else data.read()
        row = (key, content, sha256(content).hexdigest(), datetime.now(UTC).isoformat())
        with self._file() as file:
            file.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)", row)
        return key

    def get(self, key: str) -> bytes:
        """The whole content of an object.

        Raises:
            StorageError: There is none.
        """
        row = self._row("SELECT content FROM objects WHERE key = ?", key)
        if row is None:
            msg = f"{self._base} has no object {key!r}"
            raise StorageError(msg, error_code=StorageErrorCode.NOT_FOUND)
        return bytes(row[0])

    def exists(self, key: str) -> bool:
        """Whether there is an object."""
        return self.head(key) is not None

    def head(self, key: str) -> ObjectMetadata | None:
        """What is known about an object."""
        row = self._row("SELECT length(content), digest, written FROM objects WHERE key = ?", key)
        if row is None:
            return None
        size, digest, written = row
        return ObjectMetadata(key, size, datetime.fromisoformat(written), digest, sha256=digest)

    def delete(self, key: str) -> None:
        """Remove an object. That it was not there is no error."""
        with self._file() as file:
            file.execute("DELETE FROM objects WHERE key = ?", (key,))

    def list(self, prefix: str = "", *, max_keys: int = 1000, continuation_token: str | None = None) -> ListPage:
        """The objects whose keys begin with a prefix, in order of key, a page at a time."""
        query = (
            "SELECT key, length(content), written, digest FROM objects"
            " WHERE substr(key, 1, ?) = ? AND key > ? ORDER BY key LIMIT ?"
        )
        with self._file() as file:
            rows = file.execute(query, (len(prefix), prefix, continuation_token or "", max_keys + 1)).fetchall()
        entries = tuple(FileEntry(key, size, datetime.fromisoformat(at), tag) for key, size, at, tag in rows[:max_keys])
        return ListPage(entries, entries[-1].key if len(rows) > max_keys else None)

    def get_url(self, key: str, *, expires_in: int = 3600) -> str:  # noqa: ARG002 - a file of this machine needs no leave
        """Where the object can be read."""
        return self.get_durable_url(key)

    def get_durable_url(self, key: str) -> str:
        """The lasting URL of an object."""
        return self._base + quote(key)

    def key_from_url(self, url: str) -> str | None:
        """The key that `get_durable_url` made this URL of."""
        key = unquote(url.removeprefix(self._base))
        return key if url == self.get_durable_url(key) else None

    def _row(self, query: str, key: str) -> Any:
        with self._file() as file:
            return file.execute(query, (key,)).fetchone()

    @contextmanager
    def _file(self) -> Iterator[sqlite3.Connection]:
        """A connection of this call's own, so that threads do not share one."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path, timeout=PATIENCE)) as connection, connection:
            connection.execute(SCHEMA)
            yield connection
