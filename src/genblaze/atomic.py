"""The one writer of every file: a temporary neighbour, flushed to the disk, then renamed over the target."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

__all__ = ["atomic_write"]


@contextmanager
def atomic_write(path: str | os.PathLike[str], *, mode_from: Path | None = None) -> Iterator[BinaryIO]:
    """Write a file so that others see the old content or the whole new one, never a part.

    Yields a binary file, open for writing and reading, in the folder of `path`; its `name` is the temporary
    path. When the block ends it is flushed to the disk and renamed to `path`; when the block raises it is
    removed and `path` stays as it was. A symbolic link is followed: the file it points at is replaced.

    Args:
        path: The file to write. A file that exists keeps its mode and, where the system allows it, its
            extended attributes; a new one gets the mode that the umask leaves.
        mode_from: A file to take mode and attributes from when `path` does not exist.

    Raises:
        OSError: The folder is missing or not writable, or the disk is full.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        msg = f"{target} is a folder"
        raise IsADirectoryError(msg)
    # Short, so that it fits wherever the target's own name does.
    temporary = target.with_name(f".genblaze-{secrets.token_hex(8)}.tmp")
    flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, 0o666)
    try:
        with os.fdopen(descriptor, "w+b", buffering=1024 * 1024) as file:
            file.raw.name = str(temporary)  # type: ignore[attr-defined]
            _take_attributes(target if target.exists() else mode_from, file.fileno())
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _take_attributes(origin: Path | None, descriptor: int) -> None:
    if origin is None:
        return
    os.fchmod(descriptor, stat.S_IMODE(origin.stat().st_mode))
    if sys.platform == "linux":
        # Best effort: file systems differ in what they store, and security attributes are not ours to set.
        with contextlib.suppress(OSError):
            for name in os.listxattr(origin):
                if name.startswith("user."):
                    os.setxattr(descriptor, name, os.getxattr(origin, name))
