"""`LocalPaidProvider`: a client of the vendor that takes money (`genblaze_local.paid_vendor`)."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from decimal import Decimal
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from genblaze.atomic import atomic_write
from genblaze.errors import InvalidValueError, ProviderError
from genblaze.models import Asset, ProviderErrorCode, Step
from genblaze.providers import BaseProvider, RunnableConfig
from genblaze.retry import RetryPolicy

#: What HTTP statuses amount to; others are the request's fault.
_CODES = {429: ProviderErrorCode.RATE_LIMIT, 504: ProviderErrorCode.TIMEOUT}
#: Statuses that show that nothing was taken, beside those of the request's own fault.
_NOT_TAKEN = (429, 503)


class LocalPaidProvider(BaseProvider):
    """Buys pictures from a running `python -m genblaze_local.paid_vendor`.

    Args:
        url: Where the vendor listens.
        kind: What it knows against buying twice: `idempotent`, `listing` or `neither`, as it was started.
        output_dir: Folder for the files.
        price_usd: What a picture costs, in US dollars; None is not known beforehand.
        http_timeout: Seconds without an answer after which a call is given up.
        poll_interval: Seconds between polls.
        retry_policy: How failed calls are repeated.

    Raises:
        InvalidValueError: An unknown kind.
    """

    name = "local-paid"
    paid = True

    def __init__(
        self,
        url: str,
        *,
        kind: str = "neither",
        output_dir: str | os.PathLike[str] = "output",
        price_usd: float | None = 0.04,
        http_timeout: float = 10.0,
        poll_interval: float = 0.05,
        retry_policy: RetryPolicy | None = None,
    ) -> None:
        super().__init__(retry_policy=retry_policy)
        if kind not in ("idempotent", "listing", "neither"):
            msg = f"kind must be 'idempotent', 'listing' or 'neither', not {kind!r}"
            raise InvalidValueError(msg)
        self.output_dir = Path(output_dir)
        self.price_usd = price_usd
        self.poll_interval = poll_interval
        self.idempotent = kind == "idempotent"
        if kind == "listing":
            self.find = self._find
        self._host = urlsplit(url).netloc
        self._timeout = http_timeout

    def submit(self, step: Step, config: RunnableConfig | None = None) -> str:  # noqa: ARG002 - nothing to configure
        """Buy one picture."""
        headers = {"Idempotency-Key": step.step_id} if self.idempotent else {}
        body = {"prompt": step.prompt or "", "tag": step.step_id}
        return str(self._json("POST", "/jobs", body, headers)["id"])

    def poll(self, prediction_id: str, config: RunnableConfig | None = None) -> bool:  # noqa: ARG002 - as above
        """Whether the picture is done."""
        return bool(self._json("GET", f"/jobs/{quote(prediction_id)}")["status"] == "done")

    def fetch_output(self, prediction_id: str, step: Step) -> Step:
        """Download the picture; its file is there whole or not at all."""
        content = self._call("GET", f"/jobs/{quote(prediction_id)}/output")
        self.output_dir.mkdir(parents=True, exist_ok=True)
        path = self.output_dir.absolute() / f"{step.step_id}.png"
        with atomic_write(path) as file:
            file.write(content)
        digest = hashlib.sha256(content).hexdigest()
        step.assets = [Asset(url=path.as_uri(), media_type="image/png", sha256=digest, size_bytes=len(content))]
        step.cost_usd = self.price_usd
        return step

    def cancel(self, prediction_id: str) -> None:
        """Tell the vendor that nobody wants the picture; it is paid for all the same."""
        self._call("DELETE", f"/jobs/{quote(prediction_id)}")

    def estimate_cost(
        self,
        model: str,  # noqa: ARG002 - all models cost the same
        params: Mapping[str, Any] | None = None,  # noqa: ARG002 - whatever is asked for
        *,
        n: int = 1,
    ) -> Decimal | None:
        """The price of `n` pictures, in US dollars."""
        return None if self.price_usd is None else Decimal(str(self.price_usd)) * n

    def _find(self, step: Step) -> str | None:
        """The job of a submit whose answer got lost, by its tag."""
        jobs = self._json("GET", f"/jobs?tag={quote(step.step_id)}")["jobs"]
        return jobs[0]["id"] if jobs else None

    def _json(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        content = self._call(method, path, body, headers)
        try:
            return json.loads(content)
        except ValueError as error:
            msg = f"{self.name}: {method} {path} was answered with something that is not JSON"
            raise ProviderError(msg, error_code=ProviderErrorCode.SERVER_ERROR, uncertain=True) from error

    def _call(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> bytes:
        """One request; its failures say whether the vendor may have taken it."""
        connection = HTTPConnection(self._host, timeout=self._timeout)
        content = None if body is None else json.dumps(body).encode()
        try:
            connection.request(method, path, content, dict(headers or {}))
            answer = connection.getresponse()
            found = answer.read()
        except (OSError, HTTPException) as error:
            raise self._broken(method, path, error) from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise self._refused(method, path, answer.status, answer.headers.get("Retry-After"))
        return found

    def _broken(self, method: str, path: str, error: Exception) -> ProviderError:
        code = ProviderErrorCode.TIMEOUT if isinstance(error, TimeoutError) else ProviderErrorCode.SERVER_ERROR
        text = f"{self.name}: {method} {path} broke off ({type(error).__name__})"
        return ProviderError(text, error_code=code, uncertain=not isinstance(error, ConnectionRefusedError))

    def _refused(self, method: str, path: str, status: int, wait: str | None) -> ProviderError:
        vendors_fault = status >= 500 or status in _CODES
        code = _CODES.get(status, ProviderErrorCode.SERVER_ERROR if vendors_fault else ProviderErrorCode.INVALID_INPUT)
        return ProviderError(
            f"{self.name}: {method} {path} was answered with HTTP {status}",
            error_code=code,
            retry_after=None if wait is None else float(wait),
            uncertain=vendors_fault and status not in _NOT_TAKEN,
        )
