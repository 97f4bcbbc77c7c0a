"""`AcmeApiProvider`: pictures by Acme Api, whose jobs are polled."""

from __future__ import annotations

from genblaze import Asset, Generation, JobStatus, Modality, ProviderError, ProviderErrorCode, Submitted
from genblaze_acme_api.vendor import VENDOR
from genblaze_http import PolledProvider, Work


class AcmeApiProvider(PolledProvider):
    """Pictures by Acme Api. Parameters go to the API under its own names.

    Args:
        api_key: The key; else `ACME_API_API_KEY`.
        settings: See `genblaze_http.Settings`: `base_url`, `timeout`, `models`, `retry_policy` …
    """

    name = "acme-api"
    vendor = VENDOR
    modality = Modality.IMAGE
    poll_interval = 2.0

    async def begin(self, work: Work) -> Submitted:
        """Make the request that costs money; it gives the job's id."""
        work.leave_out("seed", "negative_prompt")
        body = {"model": work.request.model, **self.params(work)}
        return Submitted((await self.client.call("POST", "/jobs", json=body)).json["id"])

    async def look(self, job_id: str) -> JobStatus:
        """Ask how far a job is.

        Raises:
            ProviderError: It failed; the code says why.
        """
        told = (await self.client.call("GET", f"/jobs/{job_id}")).json
        if told["status"] == "failed":
            msg = f"Acme Api job {job_id} failed: {told.get('error') or 'no reason given'}"
            raise ProviderError(msg, error_code=ProviderErrorCode.MODEL_ERROR)
        return JobStatus(told["status"] == "done", fraction=told.get("progress"), message=told["status"])

    async def collect(self, work: Work, job_id: str) -> Generation:  # noqa: ARG002 - the answer says what it is
        """Name the outputs; the engine fetches them."""
        told = (await self.client.call("GET", f"/jobs/{job_id}")).json
        assets = [Asset(url=url, media_type="image/png") for url in told["outputs"]]
        return self.generation(assets, payload={"acme-api": {"job_id": job_id}})

    async def drop(self, job_id: str) -> None:
        """Tell the vendor that nobody waits for a job any more."""
        await self.client.call("DELETE", f"/jobs/{job_id}")
