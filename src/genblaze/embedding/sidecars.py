"""Sidecars: the manifest in a file of its own, `<full file name>.genblaze.json`, beside the media file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from genblaze.embedding.edits import FileReader
from genblaze.errors import ManifestError, PointerSidecarError
from genblaze.layout import MAX_PAYLOAD

__all__ = ["SIDECAR_SUFFIX", "check_pointer", "read_sidecar", "sidecar_path"]

SIDECAR_SUFFIX = ".genblaze.json"

_POINTER_KEYS = {"canonical_hash", "manifest_uri", "schema_version"}


def sidecar_path(path: str | os.PathLike[str]) -> Path:
    """Where the sidecar of `path` is, if it has one."""
    path = Path(path)
    return path.with_name(path.name + SIDECAR_SUFFIX)


def read_sidecar(path: str | os.PathLike[str]) -> bytes | None:
    """Content of the sidecar of `path`; None when there is none.

    Raises:
        EmbeddingError: It cannot be read.
        ManifestError: It is larger than any manifest may be.
    """
    sidecar = sidecar_path(path)
    return read_document(sidecar) if sidecar.is_file() else None


def read_document(path: Path) -> bytes:
    """Content of a file that may be a manifest.

    Raises:
        EmbeddingError: It cannot be read.
        ManifestError: It is larger than any manifest may be.
    """
    with FileReader(path) as file:
        if file.size > MAX_PAYLOAD:
            msg = f"{path} has {file.size} bytes, more than the {MAX_PAYLOAD} that a manifest may have"
            raise ManifestError(msg)
        return file.read_at(0, file.size)


def check_pointer(document: bytes) -> None:
    """Recognise a sidecar that only says where the manifest is.

    Raises:
        PointerSidecarError: It is one; the error carries the address and the hash to expect there.
    """
    if len(document) > 64 * 1024:
        return
    pointer = _parse(document)
    if (
        isinstance(pointer, dict)
        and set(pointer) == _POINTER_KEYS
        and all(isinstance(value, str) for value in pointer.values())
    ):
        raise PointerSidecarError(pointer["manifest_uri"], pointer["canonical_hash"])


def _parse(document: bytes) -> Any:
    try:
        return json.loads(document)
    except (ValueError, RecursionError):
        return None
