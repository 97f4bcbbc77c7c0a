"""`FalProvider`: whatever runs on fal.ai, by the name of its model, over fal's queue."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from genblaze import Generation, JobStatus, Modality, ModelRegistry, ProviderError, ProviderErrorCode, Submitted
from genblaze_fal.outputs import assets_of
from genblaze_fal.prices import registry
from genblaze_fal.vendor import FAL, code_of
from genblaze_http import PolledProvider, Work

# Parameters of the queue, not of the model.
QUEUE_HEADERS = {
    "queue_priority": "x-fal-queue-priority",
    "start_timeout": "x-fal-request-timeout",
    "runner_hint": "x-fal-runner-hint",
}


class FalProvider(PolledProvider):
    """Pictures, videos and sound by the models on fal.ai. The model is its path (`fal-ai/flux/dev`).

    Parameters go to the model under its own names. Three are for the queue: `queue_priority` (`normal`, `low`),
    `start_timeout` (seconds after which a request that nobody began to work on is given up), `runner_hint`. One input
    picture is sent as `image_url`, several as `image_urls`, videos and sound likewise, unless the parameters say it.

    Args:
        api_key: The key; else `FAL_KEY`.
        settings: See `genblaze_http.Settings`: `base_url`, `timeout`, `models`, `retry_policy` …
    """

    name = "fal"
    vendor = FAL
    modality = Modality.IMAGE
    modalities = (Modality.IMAGE, Modality.VIDEO, Modality.AUDIO)
    takes_inputs = ("image", "video", "audio")
    poll_interval = 2.0

    @classmethod
    def create_registry(cls) -> ModelRegistry:
        """The models whose price is known."""
        return registry()

    async def begin(self, work: Work) -> Submitted:
        """Put the request into the queue. The job's id is the path under which it is asked for later."""
        body = await self._body(work)
        headers = {header: str(body.pop(name)) for name, header in QUEUE_HEADERS.items() if name in body}
        told = (await self.client.call("POST", f"/{work.request.model}", json=body, headers=headers)).json
        return Submitted(self._path(told["response_url"]))

    async def look(self, job_id: str) -> JobStatus:
        """Ask how far a request is.

        Raises:
            ProviderError: It failed; the code says why.
        """
        told = (await self.client.call("GET", f"{job_id}/status", query={"logs": "false"})).json
        if reason := told.get("error"):
            code = code_of(told.get("error_type")) or ProviderErrorCode.MODEL_ERROR
            msg = f"fal request {job_id} failed: {reason}"
            raise ProviderError(msg, error_code=code)
        place = told.get("queue_position")
        message = told["status"] if place is None else f"{told['status']} ({place} before it)"
        return JobStatus(told["status"] == "COMPLETED", message=message)

    async def collect(self, work: Work, job_id: str) -> Generation:  # noqa: ARG002 - the answer says what it is
        """Read the model's answer; where the model failed, the answer is that failure."""
        reply = await self.client.call("GET", job_id)
        facts = {"request_id": job_id.rpartition("/")[2], "billable_units": _units(reply.headers)}
        seed = reply.json.get("seed")
        changes = {"seed": seed} if isinstance(seed, int) else {}
        return self.generation(assets_of(reply.json), payload={"fal": facts}, changes=changes)

    async def drop(self, job_id: str) -> None:
        """Cancel a request; one that has ended, or that fal no longer knows, stays as it is."""
        try:
            await self.client.call("PUT", f"{job_id}/cancel")
        except ProviderError as error:
            if error.error_code is not ProviderErrorCode.INVALID_INPUT:  # 400 ALREADY_COMPLETED, 404
                raise

    async def _body(self, work: Work) -> dict[str, Any]:
        """The model's arguments: parameters, and inputs where the parameters do not name any."""
        body = self.params(work) | work.given("seed", "negative_prompt")
        for kind in self.takes_inputs:
            uris = [await work.input_uri(asset) for asset in work.inputs(kind)]
            if uris and not {f"{kind}_url", f"{kind}_urls"} & body.keys():
                body |= {f"{kind}_url": uris[0]} if len(uris) == 1 else {f"{kind}_urls": uris}
        return body

    def _path(self, response_url: str) -> str:
        """The path of a request below the base URL. Its host is not taken over: the key goes to no other."""
        base = urlsplit(self.client.base_url).path
        return urlsplit(response_url).path.removeprefix(base)


def _units(headers: Any) -> float | None:
    """What fal bills, in units of the model's price; None where it does not say."""
    try:
        return float(headers.get("x-fal-billable-units"))
    except (TypeError, ValueError):
        return None
