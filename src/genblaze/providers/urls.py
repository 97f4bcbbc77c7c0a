"""Which URLs a provider may be handed as inputs, and may hand back as outputs."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from genblaze.errors import ProviderError, URLPolicyError
from genblaze.file_urls import path_of
from genblaze.models.enums import ProviderErrorCode

__all__ = ["validate_asset_url", "validate_chain_input_url"]

#: Folders of the system, whose files no vendor shall ever get.
_GUARDED = tuple(
    Path(folder) for folder in ("/dev", "/etc", "/proc", "/sys", "/private/etc", "/run/secrets", "/var/run/secrets")
)


def validate_asset_url(url: str) -> None:
    """Refuse a URL of an output that is not an absolute `https:` one.

    Raises:
        ProviderError: Without the URL's query and user, which may hold credentials.
    """
    if not _is_https(url):
        msg = f"Unsafe asset URL {_shown(url)!r}: only absolute https:// URLs are allowed"
        raise ProviderError(msg)


def validate_chain_input_url(url: str, *, file_root_allowlist: tuple[Path, ...] = ()) -> None:
    """Refuse a URL of an input that is neither an absolute `https:` one nor a file of this machine.

    Args:
        url: The URL.
        file_root_allowlist: Folders in which files must lie; empty is anywhere but in the system's own folders.

    Raises:
        ProviderError: `INVALID_INPUT`, without the URL's query and user, which may hold credentials.
    """
    if _is_https(url):
        return
    if urlsplit(url).scheme.lower() != "file":
        msg = f"Unsafe chain input URL {_shown(url)!r}: only https:// and file:// URLs are allowed"
        raise _refused(msg)
    try:
        path = path_of(url).resolve()
    except URLPolicyError as error:
        raise _refused(str(error)) from None
    if any(path.is_relative_to(folder) for folder in _GUARDED):
        msg = f"file:// path resolves to a sensitive system location: {path}"
        raise _refused(msg)
    if file_root_allowlist and not any(path.is_relative_to(Path(root).resolve()) for root in file_root_allowlist):
        msg = f"file:// path not under any allowlisted root: {path}"
        raise _refused(msg)


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme.lower() == "https" and bool(parts.hostname)


def _shown(url: str) -> str:
    """A URL without what may be secret in it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(unreadable)"
    if not parts.netloc:  # a `data:` URL's path is its payload
        return f"{parts.scheme}:…" if parts.scheme else parts.path
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _refused(text: str) -> ProviderError:
    return ProviderError(text, error_code=ProviderErrorCode.INVALID_INPUT)
