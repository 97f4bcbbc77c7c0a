"""The `fetch` plugin for `file:` URLs: a copy in a thread, hashed on the way."""

from __future__ import annotations

import hashlib
import os
import stat
from time import monotonic
from typing import TYPE_CHECKING, Any, BinaryIO

from genblaze.capabilities import Capability
from genblaze.errors import ProviderError
from genblaze.file_urls import path_of
from genblaze.hookspecs import hookimpl
from genblaze.models.enums import ProviderErrorCode

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

    from genblaze.hookspecs import FetchContext
    from genblaze.jobs import Fetched

BLOCK = 1 << 20


@hookimpl
def provides() -> list[Capability]:
    """Local files."""
    return [Capability(hook="fetch", key="file", summary="Copies local files")]


@hookimpl
def fetch(url: str, target: Path, context: FetchContext) -> Awaitable[Fetched]:
    """Copy the file that the URL names."""
    from genblaze.threads import call

    return call(_copy, path_of(url), target, context)


def _copy(source: Path, target: Path, context: FetchContext) -> Fetched:
    from genblaze.atomic import atomic_write
    from genblaze.jobs import Fetched

    try:
        with source.open("rb") as reader:
            _check(reader, source, context)
            with atomic_write(target) as writer:
                size, digest = _pump(reader, writer, source, context)
    except OSError as exc:
        msg = f"{source} cannot be copied to {target}: {exc.strerror or exc}"
        raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT) from exc
    return Fetched(path=target, size=size, sha256=digest)


def _check(reader: BinaryIO, source: Path, context: FetchContext) -> None:
    """Refuse pipes and devices, which may never end, and files that are known to be too long."""
    status = os.fstat(reader.fileno())
    if not stat.S_ISREG(status.st_mode):
        msg = f"{source} is no regular file."
        raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)
    if status.st_size > context.max_bytes:
        raise _too_long(source, context)


def _pump(reader: BinaryIO, writer: Any, source: Path, context: FetchContext) -> tuple[int, str]:
    """Copy and hash; the file may grow meanwhile, so the bounds hold here too."""
    deadline = monotonic() + context.timeout
    digest, size = hashlib.sha256(), 0
    while block := reader.read(BLOCK):
        size += len(block)
        if size > context.max_bytes:
            raise _too_long(source, context)
        if monotonic() > deadline:
            msg = f"{source} could not be copied within {context.timeout:g} s."
            raise ProviderError(msg, error_code=ProviderErrorCode.TIMEOUT)
        digest.update(block)
        writer.write(block)
    return size, digest.hexdigest()


def _too_long(source: Path, context: FetchContext) -> ProviderError:
    msg = f"{source} is longer than the {context.max_bytes} bytes that may be fetched."
    return ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)
