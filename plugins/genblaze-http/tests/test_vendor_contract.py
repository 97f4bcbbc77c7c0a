"""The contract of providers with an HTTP API: kept by one, and each rule broken once, which says which rule it is."""

import pytest
from broken_rules import complaint_of, own_rules
from smallest_media import SMALLEST

from genblaze import Asset, JobStatus, Modality, ProviderError, ProviderErrorCode, Submitted
from genblaze.testing import Answer, VendorContract
from genblaze_http import PolledProvider, Vendor

ACME = Vendor(
    name="Acme", base_url="https://api.acme.example/v1", base_url_variable="ACME_BASE_URL", key_variables=("ACME_KEY",)
)


class QueueProvider(PolledProvider):
    """Pictures by Acme."""

    name = "acme"
    vendor = ACME
    modality = Modality.IMAGE

    async def begin(self, work):
        told = await self.client.call("POST", "/jobs", json={"model": work.request.model, **self.params(work)})
        return Submitted(told.json["id"])

    async def look(self, job_id):
        told = await self.client.call("GET", f"/jobs/{job_id}")
        return JobStatus(told.json["state"] == "done")

    async def collect(self, work, job_id):
        told = await self.client.call("GET", f"/jobs/{job_id}")
        return self.generation([Asset(url=told.json["url"], media_type="image/png")])

    async def drop(self, job_id):
        await self.client.call("DELETE", f"/jobs/{job_id}")


class TestQueue(VendorContract):
    provider = QueueProvider
    paid = ("POST", "/v1/jobs")
    cancelled_by = ("DELETE", "/v1/jobs/1")
    downloads = "/out/1.png"

    def play(self, vendor):
        vendor.on("POST", "/v1/jobs", Answer(body={"id": "1"}))
        vendor.on("GET", "/v1/jobs/1", Answer(body={"state": "done", "url": f"{vendor.url}/out/1.png"}))
        vendor.on("DELETE", "/v1/jobs/1", Answer(status=204))
        vendor.on("GET", "/out/1.png", Answer(body=SMALLEST["image/png"], headers={"content-type": "image/png"}))

    def make_provider(self):
        return self.provider(self.secret, base_url=f"{self.vendor.url}/v1", poll_interval=0.001)


class Twice(QueueProvider):
    async def begin(self, work):
        await super().begin(work)
        return await super().begin(work)


class Insistent(QueueProvider):
    paid = False


class GivesUp(QueueProvider):
    async def begin(self, work):
        try:
            return await super().begin(work)
        except ProviderError as error:
            raise ProviderError("no", error_code=ProviderErrorCode.INVALID_INPUT) from error


class Believes(QueueProvider):
    async def begin(self, work):
        try:
            return await super().begin(work)
        except Exception as error:
            raise ProviderError("again", error_code=ProviderErrorCode.SERVER_ERROR, uncertain=False) from error


class Silent(QueueProvider):
    async def drop(self, job_id):
        pass


class InTheBody(QueueProvider):
    def params(self, work):
        return {**super().params(work), "api_key": VendorContract.secret}


class FetchesItself(QueueProvider):
    async def collect(self, work, job_id):
        await self.client.call("GET", "/../out/1.png")
        return await super().collect(work, job_id)


class Repeats(QueueProvider):
    def job(self, request, context):
        async def submit():
            raise ProviderError(f"no such key: {VendorContract.secret}", error_code=ProviderErrorCode.AUTH_FAILURE)

        job = super().job(request, context)
        job.submit = submit
        return job


BROKEN = {
    "a_run_sends_the_paid_request_once": (Twice, "it was sent 2 times"),
    "a_paid_request_that_may_have_been_taken_is_not_sent_again": (
        Insistent,
        "after HTTP 500 the paid request was sent 3",
    ),
    "a_paid_request_that_was_refused_for_now_is_sent_again": (GivesUp, "after HTTP 429: "),
    "an_answer_without_sense_fails_the_step_and_is_not_bought_again": (Believes, "sent 3 times"),
    "the_vendor_hears_that_nobody_waits": (Silent, "was sent 0 times"),
    "a_refusal_has_the_code_that_says_why": (GivesUp, "HTTP 401 became invalid_input, not auth_failure"),
    "the_key_is_in_no_url_and_no_body": (InTheBody, "carries the key outside of its headers"),
    "the_key_goes_to_the_api_and_to_no_download": (FetchesItself, "the key went along"),
    "an_echoed_key_is_cut_out_of_the_error": (Repeats, "the error repeats"),
}


def test_every_rule_is_broken_once():
    assert list(BROKEN) == own_rules(VendorContract)


@pytest.mark.parametrize("rule", BROKEN)
def test_breaking_a_rule_says_which(rule, tmp_path):
    provider, complaint = BROKEN[rule]
    contract = type("Checked", (TestQueue,), {"provider": provider})
    assert complaint in complaint_of(contract, rule, tmp_path)
