"""`file://` URLs and the paths they name."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from genblaze.errors import URLPolicyError

__all__ = ["local_file", "path_of"]


def path_of(url: str) -> Path:
    """The path that a `file:` URL names.

    Raises:
        URLPolicyError: It names another machine, is relative, or is no file URL.
    """
    parts = urlsplit(url)
    path = unquote(parts.path)
    if parts.scheme.lower() != "file" or not path.startswith("/") or parts.netloc not in {"", "localhost"}:
        msg = f"{url!r} names no file on this machine. Write three slashes and the whole path: file:///folder/file"
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
