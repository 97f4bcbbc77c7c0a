"""The one writer of every file: written without a name, flushed to the disk, then put in the place of the target.

A process that is killed while it writes leaves nothing behind: a file without a name goes with its last descriptor.
Where there is no target yet, the file gets its name in one step. No system can put it in the place of another in one
step, so for that it bears a name of ours between two calls, link and rename; where files without a name cannot be made,
from the start. It is locked as long as its writer lives; whoever writes into the folder or verifies it removes those
that nobody locks.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

__all__ = ["atomic_write", "flush_to_disk", "remove_litter"]

#: Brings content, length and mode of a file to the disk; not its times, for which a journal would be written once more.
flush_to_disk = getattr(os, "fdatasync", os.fsync)

_TEMPORARY = re.compile(r"\.genblaze-[0-9a-f]{16}\.tmp")


@contextmanager
def atomic_write(path: str | os.PathLike[str], *, mode_from: Path | None = None) -> Iterator[BinaryIO]:
    """Write a file so that others see the old content or the whole new one, never a part.

    Yields a binary file, open for writing and reading, on the disk of `path`; by its `name` this process can
    open it once more. When the block ends it is flushed to the disk and takes the place of `path`; when the
    block raises it is gone and `path` stays as it was. A symbolic link is followed: the file it points at is
    replaced. Other names of that file, hard links, keep the old content.

    Args:
        path: The file to write. A file that exists keeps its mode and, where the system allows it, its owner and
            extended attributes; a new one gets the mode that the umask leaves.
        mode_from: A file to take mode, owner and attributes from when `path` does not exist.

    Raises:
        OSError: The folder is missing or not writable, or the disk is full, or `path` is something that is no file:
            a folder, a device, a pipe.
    """
    target = Path(os.path.realpath(path))
    exists = _is_to_be_replaced(target)
    remove_litter(target.parent)
    # Short, so that it fits wherever the target's own name does.
    temporary = target.with_name(f".genblaze-{os.urandom(8).hex()}.tmp")
    descriptor, name = _create(temporary)
    try:
        with os.fdopen(descriptor, "w+b", buffering=64 * 1024) as file:
            file.raw.name = name  # type: ignore[attr-defined]
            _take_attributes(target if exists else mode_from, descriptor)
            yield file
            file.flush()
            flush_to_disk(descriptor)
            if name == str(temporary):
                temporary.replace(target)
            else:
                _put_in_place(descriptor, temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _is_to_be_replaced(target: Path) -> bool:
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISDIR(mode):
        msg = f"{target} is a folder"
        raise IsADirectoryError(msg)
    if not stat.S_ISREG(mode):
        msg = f"{target} is not a regular file"
        raise OSError(msg)
    return True


def _create(temporary: Path) -> tuple[int, str]:
    """Open a locked new file: one without a name where the system can, else `temporary`; and by what it is reached."""
    try:
        descriptor = os.open(temporary.parent, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o666)
    except (AttributeError, OSError):
        return _create_named(temporary), str(temporary)
    reached_by = f"/proc/{os.getpid()}/fd/{descriptor}"  # not "self": other programs are told to write to it
    if not Path(reached_by).exists():
        os.close(descriptor)
        return _create_named(temporary), str(temporary)
    _lock(descriptor)
    return descriptor, reached_by


def _create_named(temporary: Path) -> int:
    while True:
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o666)
        _lock(descriptor)
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)  # another process took it for litter before it was locked


def _lock(descriptor: int) -> None:
    with contextlib.suppress(OSError):  # a file system without locks: nobody can take the file for litter, either
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _put_in_place(descriptor: int, temporary: Path, target: Path) -> None:
    """Let a file without a name become `target`; only where that exists, by way of `temporary`."""
    nameless, folder = f"/proc/self/fd/{descriptor}", os.open(target.parent, os.O_PATH | os.O_CLOEXEC)
    try:  # only with a folder's descriptor does Python let the system follow the link in /proc
        os.link(nameless, target, src_dir_fd=folder, follow_symlinks=True)
    except FileExistsError:
        os.link(nameless, temporary, src_dir_fd=folder, follow_symlinks=True)
        os.rename(temporary, target)  # noqa: PTH104 - at once: killed here, the process would leave the name behind
    finally:
        os.close(folder)


@lru_cache(maxsize=1024)
def remove_litter(folder: Path) -> None:
    """Remove what processes that were killed left in a folder; once for each folder and process."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        abandoned = [entry.path for entry in entries if _TEMPORARY.fullmatch(entry.name)]
        for path in abandoned:
            _remove_if_abandoned(Path(path))


def _remove_if_abandoned(temporary: Path) -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open(temporary, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails while its writer lives
            temporary.unlink()
        finally:
            os.close(descriptor)


def _take_attributes(origin: Path | None, descriptor: int) -> None:
    if origin is None:
        return
    status = origin.stat()
    for owner in ((-1, status.st_gid), (status.st_uid, -1)):
        with contextlib.suppress(OSError):  # only root gives a file away
            os.fchown(descriptor, *owner)
    os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
    if sys.platform == "linux":
        # Best effort: file systems differ in what they store, and security attributes are not ours to set.
        with contextlib.suppress(OSError):
            for name in os.listxattr(origin):
                if name.startswith("user."):
                    os.setxattr(descriptor, name, os.getxattr(origin, name))
