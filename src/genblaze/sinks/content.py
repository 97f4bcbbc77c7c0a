"""Gets at the content of an asset as it was generated: from a local file, from the store itself, or over a plugin."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from genblaze.embedding import ContentDigest, content_digest, copy_content
from genblaze.errors import SinkError, StorageError, URLPolicyError
from genblaze.file_urls import is_own_file
from genblaze.models.enums import StorageErrorCode

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from genblaze.models.asset import Asset
    from genblaze.plugins import PluginManager
    from genblaze.storing import Store

__all__ = ["check_origin", "pristine_content", "temporary_folder"]


def check_origin(path: Path, folders: Iterable[Path], since: datetime | None) -> None:
    """Refuse a file that the run cannot have written: nothing is sent away because a vendor's answer names it.

    Args:
        path: A local file that an asset names.
        folders: Where the run's own files lie; temporary folders are always among them.
        since: When the step began: what was written later is the step's own, wherever it lies.

    Raises:
        URLPolicyError: It is older, and lies elsewhere.
    """
    if is_own_file(path, folders, since):
        return
    msg = (
        f"{path} was there before its step began and lies in no folder of the run, so it is not sent away. Let the "
        "provider write into the pipeline's output_dir, or name the folder: ObjectStorageSink(…, allowed_roots=[…])"
    )
    raise URLPolicyError(msg)


def pristine_content(
    asset: Asset, path: Path | None, store: Store, plugins: PluginManager, stack: ExitStack
) -> tuple[Path, ContentDigest]:
    """A file with an asset's content, free of manifests, and its digest.

    The digest is the asset's own where the length agrees; the store compares it with the content.

    Args:
        asset: Which asset.
        path: Its local file; None fetches the content from its URL.
        store: Where it may be already.
        plugins: Fetch, and know formats.
        stack: Removes what had to be copied.

    Raises:
        GenblazeError: It cannot be read, or is not what the asset's digest says.
    """
    if path is None:
        path = temporary_folder(stack) / "content"
        _bring(asset.url, path, store, plugins)
    if not path.is_file():
        msg = f"there is no file {path}"
        raise StorageError(msg, error_code=StorageErrorCode.NOT_FOUND, operation="put")
    size = path.stat().st_size
    if asset.sha256 is not None and asset.size_bytes == size:
        return path, ContentDigest(asset.sha256, size)
    digest = content_digest(path, plugins=plugins)
    if asset.sha256 is not None and asset.sha256 != digest.sha256:
        msg = f"the content has changed: it is {digest.sha256[:12]}…, the asset says {asset.sha256[:12]}…"
        raise SinkError(msg)
    if digest.size != size:
        clean = temporary_folder(stack) / f"content{path.suffix}"
        copy_content(path, clean, plugins=plugins)
        return clean, digest
    return path, digest


def temporary_folder(stack: ExitStack) -> Path:
    """A folder that is gone when the stack unwinds."""
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="genblaze-")))


def _bring(url: str, target: Path, store: Store, plugins: PluginManager) -> None:
    """Copy what a URL names into a file: out of the store if it is there, else over the plugin of its scheme."""
    key = store.key_of(url)
    if key is not None:
        with store.open(key) as source, target.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
        return
    from genblaze.hookspecs import FetchContext
    from genblaze.sync import run_sync

    run_sync(lambda: plugins.fetch(url, target, FetchContext()))
