"""One pooled httpx client per event loop, and the one way a vendor is called."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeAlias
from urllib.parse import unquote, urlsplit

import httpx
import msgspec

from genblaze.errors import ProviderError
from genblaze.models.asset_url import strip_asset_url_credentials
from genblaze.models.enums import ProviderErrorCode
from genblaze.sync import keep
from genblaze_http.addresses import checked, origin_of, permitted
from genblaze_http.failures import failure, read_answer
from genblaze_http.reaching import CONNECT_SEC, tls
from genblaze_http.retry_after import nothing_left
from genblaze_http.vendor import Vendor

#: Hears, during a submit, for how many seconds the vendor wants no other one.
hold_back: ContextVar[Callable[[float], None] | None] = ContextVar("hold_back", default=None)

#: Seconds that a vendor may think before it answers, unless the provider's constructor says otherwise.
READ_SEC = 600.0
#: Bytes that an answer may have; files that come with it count, and take a third more as base64.
MAX_ANSWER = 256 * 2**20
#: Seconds for which an idle connection is used again. Many servers close theirs after 5: a paid request that meets the
#: closing would be in doubt.
IDLE_SEC = 4.0

#: What comes before a request is on its way: whoever catches one of them knows that nothing was taken.
PRE_RESPONSE_EXCEPTIONS = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

_C = ProviderErrorCode


class FilePart(msgspec.Struct, frozen=True):
    """A file of a multipart body; vendors look at name and media type."""

    name: str
    data: bytes
    media_type: str


#: A field of a multipart body: its name, and its value or file. A name may come more than once.
Part: TypeAlias = tuple[str, str | FilePart]


class Reply(msgspec.Struct, frozen=True):
    """An answer of status 2xx.

    Attributes:
        status: HTTP status.
        headers: Names in lower case.
        content: The body.
        request_id: What the vendor calls the request.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    request_id: str | None = None

    @property
    def json(self) -> Any:
        """The parsed body.

        Raises:
            ProviderError: It is no JSON. A paid request was taken all the same, perhaps.
        """
        try:
            return msgspec.json.decode(self.content)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            msg = f"The vendor answered HTTP {self.status} with what is no JSON ({len(self.content)} bytes)"
            raise ProviderError(msg, error_code=_C.SERVER_ERROR, uncertain=True) from error

    @property
    def media_type(self) -> str:
        """The media type that the vendor states, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@contextmanager
def nothing_bought() -> Iterator[None]:
    """Mark failures on the way to the paid request: whatever happened, nothing was bought yet."""
    try:
        yield
    except ProviderError as error:
        error.uncertain = False
        raise


class VendorClient:
    """Calls one vendor's API. It repeats nothing: that is the engine's business.

    Args:
        vendor: Whose API.
        key: The key, whose line break at the end, as files have it, does not count; None is refused at the first call.
        base_url: Where the API is. The user name and password of a gateway, if it has some, become a header: libraries
            log URLs.
        timeout: Seconds that the vendor may think before it answers.
    """

    def __init__(self, vendor: Vendor, *, key: str | None, base_url: str, timeout: float = READ_SEC) -> None:
        self.vendor = vendor
        self.base_url, self._login = _without_login(base_url.rstrip("/"))
        self.shown_url = strip_asset_url_credentials(self.base_url)
        self._key = None if key is None else key.strip()
        self._timeout = httpx.Timeout(timeout, connect=min(CONNECT_SEC, timeout), pool=None)

    def __repr__(self) -> str:
        return f"VendorClient({self.vendor.name}, {self.shown_url})"

    def check(self) -> None:
        """Refuse an address or a key with which nothing could be sent.

        Raises:
            ProviderError: Nothing was sent; the text shows neither.
        """
        if not _is_address(self.base_url):
            msg = f"{self.vendor.name}: base_url is no http or https address of a host"
            raise ProviderError(msg, error_code=_C.INVALID_INPUT, uncertain=False)
        if self._key is not None and not (self._key.isascii() and self._key.isprintable()):
            msg = f"{self.vendor.name}: the key holds a line break or a character outside ASCII; copy it again"
            raise ProviderError(msg, error_code=_C.AUTH_FAILURE, uncertain=False)

    @property
    def origin(self) -> str:
        """Scheme, host and port of the API."""
        return _origin(self.base_url)

    def headers(self) -> dict[str, str]:
        """What every call carries: the key and the vendor's own headers. Only for URLs of this vendor's host."""
        named = {} if self._key is None else {self.vendor.key_header: self.vendor.key_format.format(key=self._key)}
        return {**self.vendor.extra_headers(), **named, **({"Authorization": self._login} if self._login else {})}

    def redact(self, text: str) -> str:
        """`text` without the key, which some vendors repeat in their errors."""
        return text.replace(self._key, "[REDACTED]") if self._key else text

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        parts: Sequence[Part] | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Make one call and return its answer.

        Args:
            method: HTTP method.
            path: Below the base URL, with its slash; or a whole URL of the same origin.
            json: Body, as JSON.
            parts: Body, as multipart/form-data (also without any file).
            query: Query parameters.
            headers: Added to those of every call.

        Raises:
            ProviderError: The vendor refused, failed, or could not be reached; `uncertain` says whether it may have
                taken the request.
        """
        self.check()
        url = path if "://" in path else self.base_url + path
        if _origin(url) != self.origin:
            msg = f"{self.vendor.name}: a URL at another host than {self.shown_url} is not sent the key"
            raise ProviderError(msg, error_code=_C.INVALID_INPUT, uncertain=False)
        client = await _loops_client()
        try:
            async with client.stream(
                method,
                url,
                json=json,
                files=None if parts is None else [_field(name, value) for name, value in parts],
                params=query,
                headers={**self.headers(), **(headers or {})},
                timeout=self._timeout,
            ) as response:
                content = await self._content(response)
        except httpx.HTTPError as error:
            raise self._unreached(error) from None  # the exception holds the request, and that the key
        return self._reply(method, response, content)

    async def upload(self, url: str, parts: Sequence[Part]) -> None:
        """Send a form to a URL that the vendor named for it, such as its storage, without the key.

        Args:
            url: A public https URL, or one where the user's own `base_url` points.
            parts: As for `call`.

        Raises:
            URLPolicyError: The URL may not be talked to.
            ProviderError: The file was not taken, and nothing was bought.
        """
        chosen = self.origin if self.base_url != self.vendor.base_url else None
        target = checked(url, chosen)
        await permitted(target.host, target.port or 443, target.scheme, trusted=_origin(url) == chosen)
        client = await _loops_client()
        with nothing_bought():
            try:
                fields = [_field(name, value) for name, value in parts]
                async with client.stream("POST", target, files=fields, timeout=self._timeout) as response:
                    await self._content(response)
            except httpx.HTTPError as error:
                raise self._unreached(error) from None
            if not response.is_success:
                msg = f"{self.vendor.name} did not take an uploaded file: HTTP {response.status_code}"
                raise ProviderError(msg, error_code=_C.SERVER_ERROR)

    async def _content(self, response: httpx.Response) -> bytes:
        """The body of an answer, which may be compressed to far less than it takes.

        Raises:
            ProviderError: It is longer than any answer should be.
        """
        blocks, size = [], 0
        async for block in response.aiter_bytes():
            blocks.append(block)
            size += len(block)
            if size > MAX_ANSWER:
                msg = f"{self.vendor.name} answered HTTP {response.status_code} with more than {MAX_ANSWER >> 20} MiB"
                raise ProviderError(msg, error_code=_C.SERVER_ERROR, uncertain=True)
        return b"".join(blocks)

    def _reply(self, method: str, response: httpx.Response, content: bytes) -> Reply:
        found = {name.lower(): value for name, value in response.headers.items()}
        named = (found[name] for name in self.vendor.request_id_headers if name in found)
        request_id = next(map(self.redact, named), None)
        if response.is_success:
            if (tell := hold_back.get()) is not None and (seconds := nothing_left(found)) is not None:
                tell(seconds)
            return Reply(response.status_code, found, content, request_id)
        answer = read_answer(method, response.status_code, found, content)
        if response.is_redirect:
            answer = msgspec.structs.replace(answer, message="a redirect, which is not followed; check base_url")
        error = failure(self.vendor, answer, request_id)
        error.args = (self.redact(str(error)),)
        raise error

    def _unreached(self, error: httpx.HTTPError) -> ProviderError:
        name = type(error).__name__
        unsent = isinstance(error, (*PRE_RESPONSE_EXCEPTIONS, httpx.ProxyError))
        if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
            code, unsent = _C.INVALID_INPUT, True
        else:
            code = _C.TIMEOUT if isinstance(error, httpx.TimeoutException) else _C.SERVER_ERROR
        what = "could not be reached" if unsent else "did not answer in full"
        text = self.redact(f"{self.vendor.name} at {self.shown_url} {what}: {name} {error}".rstrip())
        return ProviderError(text, error_code=code, uncertain=not unsent)


#: The client of each running loop. Held here and not by a provider, which may be dropped while the loop goes on: only
#: the end of the loop can still wait for connections to be closed.
_clients: dict[asyncio.AbstractEventLoop, tuple[Any, httpx.AsyncClient]] = {}


async def _loops_client() -> httpx.AsyncClient:
    """The client of this loop, made at first need and closed with the loop."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        lifetime = _lifetime(loop)
        _clients[loop] = (lifetime, await anext(lifetime))
        keep(lifetime)
    return _clients[loop][1]


async def _lifetime(loop: asyncio.AbstractEventLoop) -> AsyncGenerator[httpx.AsyncClient, None]:
    """Holds a client open, from run to run, until its loop is shut down: that closes asynchronous generators first."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=IDLE_SEC)
    cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))  # none: several accounts may share the client
    try:
        async with httpx.AsyncClient(limits=limits, verify=tls(), headers=_agent(), cookies=cookies) as client:
            yield client
    finally:
        del _clients[loop]


def _origin(url: str) -> str:
    return origin_of(httpx.URL(url))


def _is_address(url: str) -> bool:
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return False
    return parsed.scheme in ("http", "https") and bool(parsed.host) and (parsed.port or 1) < 2**16


def _without_login(url: str) -> tuple[str, str | None]:
    """A URL without user name and password, and those as the value of a header."""
    try:
        parts = urlsplit(url)
    except ValueError:  # no URL at all, which `check` says
        return url, None
    login, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, None
    return parts._replace(netloc=host).geturl(), f"Basic {b64encode(unquote(login).encode()).decode()}"


def _agent() -> dict[str, str]:
    from importlib.metadata import version

    return {"user-agent": f"genblaze/{version('genblaze')}"}


def _field(name: str, value: str | FilePart) -> tuple[str, Any]:
    if isinstance(value, FilePart):
        return name, (value.name, value.data, value.media_type)
    return name, (None, value)
