"""`file://` URLs and others, the paths they name, and whether a run may have written what lies there."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from genblaze.errors import URLPolicyError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

__all__ = ["PLAIN_NAME", "absolute", "is_own_file", "is_url", "local_file", "local_file_url", "path_of"]

PLAIN_NAME: Final = re.compile(r"[\w-][\w.-]{0,127}", re.ASCII)
"""Identities that may become the name of a file as they are."""
CLOCK_SLACK: Final = 2.0
"""Seconds by which file systems' clocks may be behind."""


def absolute(path: str | Path) -> Path:
    """A path as seen from the current folder; remembered, because every run asks for the same few."""
    return _absolute(str(path), os.getcwd())  # noqa: PTH109 - what Path.cwd() makes of it takes ten times as long


@lru_cache(64)
def _absolute(path: str, folder: str) -> Path:
    return Path(folder, path)


def is_url(address: str) -> bool:
    """Whether an address is a URL of something that is no file of this machine."""
    return "://" in address and not address.startswith("file:")


def local_file_url(path: Path) -> str:
    """The `file:` URL of a whole path.

    Raises:
        ValueError: The path is relative.
    """
    return path.as_uri()


def path_of(url: str) -> Path:
    """The path that a `file:` URL names.

    Raises:
        URLPolicyError: It names another machine, is relative, or is no file URL.
    """
    parts = urlsplit(url)
    path = unquote(parts.path)
    if parts.scheme.lower() != "file" or not path.startswith("/") or parts.netloc not in {"", "localhost"}:
        shown = url.replace(parts.netloc, "…") if "@" in parts.netloc else url
        msg = f"{shown!r} names no file on this machine. Write three slashes and the whole path: file:///folder/file"
        raise URLPolicyError(msg)
    if parts.query or parts.fragment or "\0" in path:
        msg = f"{url!r} has a query, a fragment or a NUL. In a file's name write %3F for ? and %23 for #."
        raise URLPolicyError(msg)
    # file:///C:/folder is C:/folder where drives exist.
    return Path(path[1:] if os.name == "nt" else path)


def local_file(url: str) -> Path | None:
    """The path that a URL names on this machine, or None for a URL of any other kind."""
    if not url.startswith("file:"):
        return None
    try:
        return path_of(url)
    except URLPolicyError:
        return None


def is_own_file(path: Path, folders: Iterable[Path], since: datetime | None) -> bool:
    """Whether a file can be what a step wrote: a vendor's answer may name any file there is.

    Args:
        path: A local file that an asset names.
        folders: Where the run's own files lie; temporary folders are always among them.
        since: When the step began: what was written later is the step's own, wherever it lies.
    """
    import tempfile

    real = Path(os.path.realpath(path))
    if since is not None and real.is_file() and real.stat().st_ctime >= since.timestamp() - CLOCK_SLACK:
        return True
    return any(real.is_relative_to(os.path.realpath(each)) for each in chain([Path(tempfile.gettempdir())], folders))
