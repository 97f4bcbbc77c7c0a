"""The `fetch` plugin for `data:` URLs: writes the content that stands in the URL to a file."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from genblaze.capabilities import Capability
from genblaze.data_urls import content_of
from genblaze.errors import GenblazeError, ProviderError
from genblaze.hookspecs import hookimpl
from genblaze.models.enums import ProviderErrorCode

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

    from genblaze.hookspecs import FetchContext
    from genblaze.jobs import Fetched


@hookimpl
def provides() -> list[Capability]:
    """Content in the URL itself."""
    return [Capability(hook="fetch", key="data", summary="Writes the content of data: URLs to files")]


@hookimpl
def fetch(url: str, target: Path, context: FetchContext) -> Awaitable[Fetched]:
    """Write the content that the URL holds."""
    from genblaze.threads import call

    return call(_write, url, target, context)


def _write(url: str, target: Path, context: FetchContext) -> Fetched:
    from genblaze.atomic import atomic_write
    from genblaze.jobs import Fetched

    try:
        content = content_of(url)
    except GenblazeError as error:
        raise ProviderError(str(error), error_code=ProviderErrorCode.INVALID_INPUT) from error
    if len(content) > context.max_bytes:
        msg = f"The data: URL holds {len(content)} bytes, more than the {context.max_bytes} that may be fetched."
        raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)
    with atomic_write(target) as file:
        file.write(content)
    return Fetched(path=target, size=len(content), sha256=hashlib.sha256(content).hexdigest())
