"""The guarded downloader: checked and pinned addresses, redirects by hand, bounds, resumption, a digest on the way."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from genblaze.atomic import atomic_write
from genblaze.errors import ProviderError, URLPolicyError
from genblaze.hookspecs import FetchContext
from genblaze.jobs import Fetched
from genblaze.models.enums import ProviderErrorCode
from genblaze_http import addresses
from genblaze_http.addresses import checked, origin_of, shown
from genblaze_http.reaching import first_reached, guarded_client
from genblaze_http.retry_after import retry_after

#: Redirects that are followed, and how often a broken or refused download is taken up again.
MAX_REDIRECTS, MAX_ATTEMPTS = 5, 4
#: Seconds between two pieces of a body.
SILENCE_SEC = 60.0
#: Seconds before the second attempt; doubled for each one after it.
FIRST_PAUSE_SEC = 0.5

_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({403, 404, 410})
_C = ProviderErrorCode


class Downloader:
    """Brings files from the open internet.

    Args:
        resolve: Gives the addresses of a host.
        verify: TLS settings; this machine's trusted certificates unless given.
    """

    def __init__(self, *, resolve: addresses.Resolve = addresses.resolve, verify: Any = None) -> None:
        self._resolve = resolve
        self._verify = verify

    async def fetch(self, url: str, target: Path, context: FetchContext) -> Fetched:
        """Download what a URL names into `target`, which is written whole or not at all.

        Raises:
            URLPolicyError: The URL, or one that it redirects to, may not be fetched.
            ProviderError: It cannot be fetched; the text shows no credentials of the URL.
        """
        try:
            async with asyncio.timeout(context.timeout), _written(target) as file:
                download = _Download(file, context)
                media_type = await self._complete(checked(url, context.origin), download)
        except TimeoutError:
            msg = f"{shown(url)} could not be fetched within {context.timeout:g} s"
            raise ProviderError(msg, error_code=_C.TIMEOUT) from None
        except OSError as error:
            msg = f"{shown(url)} cannot be written to {target}: {error.strerror or error}"
            raise ProviderError(msg, error_code=_C.INVALID_INPUT) from error
        return Fetched(path=target, size=download.size, sha256=download.sha256, media_type=media_type)

    async def _complete(self, url: httpx.URL, download: _Download) -> str | None:
        """Take up a download until it is whole, or has failed too often."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                return await self._attempt(url, download)
            except ProviderError as error:
                if attempt == MAX_ATTEMPTS or error.error_code is not _C.SERVER_ERROR:
                    raise
                await asyncio.sleep(error.retry_after or FIRST_PAUSE_SEC * 2 ** (attempt - 1))
        raise AssertionError  # the last attempt returned or raised

    async def _attempt(self, first: httpx.URL, download: _Download) -> str | None:
        url = first
        for _ in range(MAX_REDIRECTS + 1):
            trusted = origin_of(url) == download.context.origin
            found = await addresses.permitted(url.host, url.port or 443, url.scheme, trusted=trusted, ask=self._resolve)
            headers = download.headers(own=origin_of(url) == origin_of(first))
            async with self._answer(url, found, headers) as response:
                if response.status_code not in _REDIRECTS:
                    await download.take(response, url)
                    found_type: str | None = response.headers.get("content-type")
                    return found_type
                url = checked(str(url.join(response.headers.get("location", ""))), download.context.origin)
        msg = f"{shown(str(first))} redirects more than {MAX_REDIRECTS} times"
        raise URLPolicyError(msg)

    @asynccontextmanager
    async def _answer(self, url: httpx.URL, found: list[str], headers: dict[str, str]) -> AsyncIterator[httpx.Response]:
        """Ask the first of the checked addresses that can be reached; the name is only for certificate and server."""
        async with guarded_client(SILENCE_SEC, self._verify) as client:
            try:
                response = await first_reached(client, "GET", url, found, headers)
                try:
                    yield response
                finally:
                    await response.aclose()
            except httpx.HTTPError as error:
                msg = f"{shown(str(url))} could not be read: {type(error).__name__} {error}".rstrip()
                raise ProviderError(msg, error_code=_C.SERVER_ERROR) from None


class _Download:
    """What has arrived so far of one file."""

    def __init__(self, file: BinaryIO, context: FetchContext) -> None:
        self.context = context
        self.size = 0
        self._file = file
        self._digest = hashlib.sha256()
        self._tag: str | None = None

    @property
    def sha256(self) -> str:
        """Digest of what has arrived."""
        return self._digest.hexdigest()

    def headers(self, *, own: bool) -> dict[str, str]:
        """What to ask with: the caller's headers at the URL's own origin, and for the rest where some is here."""
        asked = {"accept-encoding": "identity", "user-agent": "genblaze", **(self.context.headers if own else {})}
        if self.size and self._tag:
            asked |= {"range": f"bytes={self.size}-", "if-range": self._tag}
        return asked

    async def take(self, response: httpx.Response, url: httpx.URL) -> None:
        """Take in the body of an answer.

        Raises:
            ProviderError: It is no file, too long, or breaks off (httpx reports that).
        """
        _refuse(response, url)
        if response.status_code != 206 or not self._continues(response):
            self._begin_again()
        self._tag = response.headers.get("etag") if not response.headers.get("etag", "W/").startswith("W/") else None
        self._check_size(self.size + int(response.headers.get("content-length") or 0), url)
        async for block in response.aiter_raw():
            if self.size == 0 and _is_page(block, url):
                msg = f"{shown(str(url))} gave a web page in place of a file"
                raise ProviderError(msg, error_code=_C.MODEL_ERROR)
            self._check_size(self.size + len(block), url)
            self._file.write(block)
            self._digest.update(block)
            self.size += len(block)

    def _check_size(self, size: int, url: httpx.URL) -> None:
        if size > self.context.max_bytes:
            msg = f"{shown(str(url))} is longer than the {self.context.max_bytes} bytes that may be fetched"
            raise ProviderError(msg, error_code=_C.INVALID_INPUT)

    def _continues(self, response: httpx.Response) -> bool:
        return bool(response.headers.get("content-range", "").startswith(f"bytes {self.size}-"))

    def _begin_again(self) -> None:
        self._file.seek(0)
        self._file.truncate()
        self.size, self._digest = 0, hashlib.sha256()


def _refuse(response: httpx.Response, url: httpx.URL) -> None:
    status = response.status_code
    if status in _TRANSIENT:
        msg = f"{shown(str(url))} answered HTTP {status}"
        headers = {name.lower(): value for name, value in response.headers.items()}
        raise ProviderError(msg, error_code=_C.SERVER_ERROR, retry_after=retry_after(headers))
    if status in _GONE:
        msg = f"{shown(str(url))} answered HTTP {status}: vendors' links expire; generate it again, or use a sink"
        raise ProviderError(msg, error_code=_C.INVALID_INPUT)
    if status not in (200, 206):
        msg = f"{shown(str(url))} answered HTTP {status}"
        raise ProviderError(msg, error_code=_C.INVALID_INPUT)
    if response.headers.get("content-encoding", "identity") not in ("", "identity"):
        msg = f"{shown(str(url))} came compressed although it was asked for as it is"
        raise ProviderError(msg, error_code=_C.MODEL_ERROR)


def _is_page(block: bytes, url: httpx.URL) -> bool:
    """Whether a body begins as the HTML of an error page, which servers send with status 200."""
    return block[:200].lstrip().lower().startswith((b"<!doctype html", b"<html")) and not url.path.endswith(
        (".html", ".htm")
    )


@asynccontextmanager
async def _written(target: Path) -> AsyncIterator[BinaryIO]:
    """The kernel's writer; the flush to the disk at its end happens beside the loop."""
    writer = atomic_write(target)
    file = writer.__enter__()
    try:
        yield file
    except BaseException as error:
        writer.__exit__(type(error), error, error.__traceback__)
        raise
    await asyncio.to_thread(writer.__exit__, None, None, None)
