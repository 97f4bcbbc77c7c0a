"""A third party's storage backend, written for the published base class: a folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from genblaze_core import StorageBackend


class FolderBackend(StorageBackend):
    """Objects as files below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, data: Any, **_: Any) -> str:
        """Write an object."""
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(data, bytes):
            path.write_bytes(data)
        else:
            with path.open("wb") as file:
                shutil.copyfileobj(data, file, 1 << 20)
        return key

    def get(self, key: str, **_: Any) -> bytes:
        """Read an object."""
        return (self.root / key).read_bytes()

    def exists(self, key: str, **_: Any) -> bool:
        """Whether there is one."""
        return (self.root / key).exists()

    def delete(self, key: str, **_: Any) -> None:
        """Remove an object."""
        (self.root / key).unlink(missing_ok=True)

    def get_url(self, key: str, **_: Any) -> str:
        """Its URL."""
        return self.get_durable_url(key)

    def get_durable_url(self, key: str) -> str:
        """Its URL."""
        return f"https://folder.test/{key}"

    def key_from_url(self, url: str) -> str | None:
        """The key of a URL."""
        prefix = "https://folder.test/"
        return url.removeprefix(prefix) if url.startswith(prefix) else None
