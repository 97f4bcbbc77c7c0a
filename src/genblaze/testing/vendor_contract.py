"""The contract of providers with an HTTP API: the rules of `ProviderContract`, and what goes over the wire.

```python
class TestAcme(VendorContract):
    paid = ("POST", "/v1/images")

    def play(self, vendor):
        vendor.on("POST", "/v1/images", Answer(body={"images": [{"b64": PNG}]}))

    def make_provider(self):
        return AcmeProvider(self.secret, base_url=f"{self.vendor.url}/v1")
```

The vendor is played by a `VendorSimulator` of each rule's own: `self.vendor`.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from genblaze.driver import OUTCOME_UNKNOWN
from genblaze.models.enums import ProviderErrorCode
from genblaze.testing.contract import skip
from genblaze.testing.runs import ProviderContract
from genblaze.testing.vendors import Answer, Received, VendorSimulator
from genblaze.testing.watching import Watcher

if TYPE_CHECKING:
    from pathlib import Path

    from genblaze.models.step import Step

__all__ = ["VendorContract"]

Place = tuple[str, str]

REFUSALS: Final[dict[int, ProviderErrorCode]] = {
    400: ProviderErrorCode.INVALID_INPUT,
    401: ProviderErrorCode.AUTH_FAILURE,
    429: ProviderErrorCode.RATE_LIMIT,
}
DOUBTFUL: Final = (500, 502, 504)
BUSY: Final = (429, 503)
NONSENSE: Final[tuple[Any, ...]] = (b"<html>busy</html>", b"", {}, [])


class VendorContract(ProviderContract):
    """What goes over the wire, and what is made of the answers.

    Write `play(vendor)`, which says what the vendor answers when all goes well, and `make_provider()`, with
    `self.secret` for its key and an address below `self.vendor.url`. Override `refusal(status)` where the vendor's
    errors have a form of their own, and `make_step()` as in `ProviderContract`.

    Attributes:
        paid: Method and path (a regular expression) of the request that costs money.
        cancelled_by: Method and path of the request that cancels a job; None where the vendor has none.
        downloads: Path of the outputs' downloads, which are not for the key; None where outputs come with the answer.
        secret: The key that `make_provider` is to hand over.
        refusals: HTTP status of the vendor to the code that a step fails with.
        vendor: The vendor of the rule at hand.
    """

    paid: ClassVar[Place]
    cancelled_by: ClassVar[Place | None] = None
    downloads: ClassVar[str | None] = None
    secret: ClassVar[str | None] = "canary-6f1d0c7e52ab4c1d9e0b"  # noqa: S105 - opens nothing
    refusals: ClassVar[Mapping[int, ProviderErrorCode]] = REFUSALS
    expects_cost = False
    vendor: VendorSimulator

    @abstractmethod
    def play(self, vendor: VendorSimulator) -> None:
        """Say what the vendor answers when all goes well."""

    def refusal(self, status: int) -> Answer:
        """How the vendor says no; for overriding where its error bodies have another shape."""
        return Answer(status=status, body={"error": {"message": f"no ({status})"}}, headers={"retry-after": "0"})

    def places_of_outputs(self) -> tuple[str, ...]:
        """Also at the vendor that is played here."""
        return (*super().places_of_outputs(), "http://127.0.0.1:")

    def setup_method(self) -> None:
        """Begin a vendor; pytest calls it before each rule."""
        self.vendor = VendorSimulator().__enter__()
        self.play(self.vendor)

    def teardown_method(self) -> None:
        """End the vendor."""
        self.vendor.__exit__(None, None, None)

    # --- bought once ---------------------------------------------------------------------------------------------

    def test_a_run_sends_the_paid_request_once(self, tmp_path: Path) -> None:
        self._run(tmp_path, Watcher())
        assert self._bought() == 1, f"it was sent {self._bought()} times; requests: {self._told()}"

    def test_a_paid_request_that_may_have_been_taken_is_not_sent_again(self, tmp_path: Path) -> None:
        self._needs_doubt()
        for doubt in (*map(self.refusal, DOUBTFUL), Answer(fault="reset")):
            self._fresh_vendor().on(*self.paid, doubt)
            step = self._step_of_a_run(tmp_path)
            what = doubt.fault or f"HTTP {doubt.status}"
            assert self._bought() == 1, f"after {what} the paid request was sent {self._bought()} times"
            assert (step.error or "").startswith(OUTCOME_UNKNOWN), f"after {what}: {step.error}"

    def test_a_paid_request_that_was_refused_for_now_is_sent_again(self, tmp_path: Path) -> None:
        for status in BUSY:
            self._fresh_vendor().first(*self.paid, self.refusal(status))
            step = self._step_of_a_run(tmp_path)
            assert step.error is None, f"after HTTP {status}: {step.error}"
            assert self._bought() == 2, f"after HTTP {status} the request was sent {self._bought()} times, not 2"

    def test_an_answer_without_sense_fails_the_step_and_is_not_bought_again(self, tmp_path: Path) -> None:
        self._needs_doubt()
        for body in NONSENSE:
            self._fresh_vendor().on(*self.paid, Answer(body=body))
            step = self._step_of_a_run(tmp_path)
            assert step.error is not None, f"{body!r} passed for an answer"
            assert self._bought() == 1, f"after the answer {body!r} the paid request was sent {self._bought()} times"

    # --- cancelled -----------------------------------------------------------------------------------------------

    def test_the_vendor_hears_that_nobody_waits(self, tmp_path: Path) -> None:
        if self.cancelled_by is None:
            skip("cancelled_by is None: the vendor cannot be told")
        self.test_a_job_that_nobody_waits_for_is_cancelled(tmp_path)
        told = len(self.vendor.sent(*self.cancelled_by))
        assert told == 1, f"{self.cancelled_by} was sent {told} times; requests: {self._told()}"

    # --- errors --------------------------------------------------------------------------------------------------

    def test_a_refusal_has_the_code_that_says_why(self, tmp_path: Path) -> None:
        for status, code in self.refusals.items():
            self._fresh_vendor().on(*self.paid, self.refusal(status))
            step = self._step_of_a_run(tmp_path)
            assert step.error_code == code, f"HTTP {status} became {step.error_code}, not {code}: {step.error}"

    # --- discretion ----------------------------------------------------------------------------------------------

    def test_the_key_is_in_no_url_and_no_body(self, tmp_path: Path) -> None:
        self._run(tmp_path, Watcher())
        assert self.secret
        for call in self.vendor.calls:
            sent = json.dumps([call.path, call.query, str(call.body)])
            assert self.secret not in sent, f"{call.method} {call.path} carries the key outside of its headers"
        assert any(self._has_key(call) for call in self.vendor.calls), "no request had the key: use self.secret"

    def test_the_key_goes_to_the_api_and_to_no_download(self, tmp_path: Path) -> None:
        if self.downloads is None:
            skip("downloads is None: outputs come with the answer")
        self._run(tmp_path, Watcher())
        calls = self.vendor.sent("GET", self.downloads)
        assert calls, f"nothing was downloaded from {self.downloads}; requests: {self._told()}"
        assert not any(map(self._has_key, calls)), "the key went along with a download, perhaps to another host"

    def test_an_echoed_key_is_cut_out_of_the_error(self, tmp_path: Path) -> None:
        self.vendor.on(*self.paid, Answer(status=401, body={"error": {"message": f"no such key: {self.secret}"}}))
        step = self._step_of_a_run(tmp_path)
        assert step.error
        assert str(self.secret) not in step.error, f"the error repeats the key: {step.error}"

    # --- ---------------------------------------------------------------------------------------------------------

    def _needs_doubt(self) -> None:
        job = self._job(self.make_step())
        if getattr(job, "find", None) is not None or getattr(job, "idempotent", False):
            skip("its job has find(), or is idempotent: the engine asks the vendor")

    def _fresh_vendor(self) -> VendorSimulator:
        """Another vendor, where a rule needs several."""
        self.teardown_method()
        self.setup_method()
        return self.vendor

    def _step_of_a_run(self, folder: Path) -> Step:
        return self._run(folder, Watcher()).run.steps[0]

    def _bought(self) -> int:
        return len(self.vendor.sent(*self.paid))

    def _told(self) -> list[str]:
        return [f"{call.method} {call.path}" for call in self.vendor.calls]

    def _has_key(self, call: Received) -> bool:
        key: Any = self.secret
        return any(key in value for value in call.headers.values())
