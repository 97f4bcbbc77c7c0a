"""Writes an output where it belongs: `<folder>/<asset id><suffix>`, whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from genblaze.atomic import atomic_write
from genblaze.models import Asset
from genblaze_local.vendor import LocalJob

_BLOCK = 1 << 20


def write_asset(asset: Asset, folder: Path, suffix: str, write: Callable[[BinaryIO], object], job: LocalJob) -> Asset:
    """Let `write` fill the file of an asset; returns the asset with its URL, digest and size.

    Raises:
        JobCancelledError: Nobody wants the job any more; no file is left behind.
        OSError: The folder cannot be made or written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{asset.asset_id}{suffix}"
    digest, size = hashlib.sha256(), 0
    with atomic_write(path) as file:
        write(file)
        file.flush()
        file.seek(0)
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
        job.tell(1.0, "done")
    asset.url = path.as_uri()
    asset.sha256, asset.size_bytes = digest.hexdigest(), size
    return asset
