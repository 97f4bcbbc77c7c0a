"""Turns: of all who want to do the same, in this process or in others, one at a time may."""

from __future__ import annotations

import logging
import os
from pathlib import Path

logger = logging.getLogger("genblaze.cache")


class Turn:
    """The right to do one thing, for as long as a locked file is open; the system ends the turn of a dead process."""

    def __init__(self, path: Path | None = None, descriptor: int | None = None) -> None:
        self._path = path
        self._descriptor = descriptor

    def end(self) -> None:
        """Let the next one have its turn."""
        if self._descriptor is None or self._path is None:
            return
        self._path.unlink(missing_ok=True)  # before the lock goes, so that nobody else's file is removed
        os.close(self._descriptor)
        self._descriptor = None


def take_turn(path: Path) -> Turn | None:
    """The turn that the lock file at `path` stands for, or None while somebody else has it.

    Where files cannot be locked everybody has a turn at once: that may cost a repetition, never a result.
    """
    try:
        import fcntl

        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except (ImportError, OSError) as error:
        logger.debug("%s cannot be locked: %s", path, error)
        return Turn()
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_at(descriptor, path):
            return Turn(path, descriptor)
    except BlockingIOError:
        pass
    except OSError as error:
        logger.debug("%s cannot be locked: %s", path, error)
        os.close(descriptor)
        return Turn()
    os.close(descriptor)
    return None


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether the open file still stands at `path`; the one whose turn it was may have removed it in between."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
