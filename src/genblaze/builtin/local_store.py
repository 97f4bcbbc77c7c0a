"""The `store` plugin for `file:` URLs: objects are files in one folder, and never outside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze.capabilities import Capability
from genblaze.hookspecs import hookimpl

if TYPE_CHECKING:
    from genblaze.storing import LocalFolderStore


@hookimpl
def provides() -> list[Capability]:
    """Folders of this machine."""
    return [Capability(hook="store", key="file", summary="Keeps objects as files in a folder")]


@hookimpl
def store(url: str) -> LocalFolderStore:
    """The store in the folder that the URL names."""
    from genblaze.file_urls import path_of
    from genblaze.storing import LocalFolderStore

    return LocalFolderStore(path_of(url))
