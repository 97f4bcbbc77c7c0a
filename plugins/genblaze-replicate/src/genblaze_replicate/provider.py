"""`ReplicateProvider`: whatever runs on Replicate, by model, version or deployment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from math import ceil
from typing import TYPE_CHECKING, Any

from genblaze.errors import ProviderError
from genblaze.jobs import JobStatus, Submitted
from genblaze.models import Asset, Modality, ProviderErrorCode
from genblaze.pricing import per_unit
from genblaze.providers.model_registry import ModelRegistry
from genblaze_http import FindsJobs, PolledProvider, Work, nothing_bought
from genblaze_replicate.failures import failed, with_wait
from genblaze_replicate.inputs import placed, same, with_assets
from genblaze_replicate.outputs import assets_of
from genblaze_replicate.slugs import Slug
from genblaze_replicate.vendor import PICTURE, REPLICATE

if TYPE_CHECKING:
    from genblaze.jobs import Generation

_C = ProviderErrorCode
_ENDED = ("succeeded", "failed", "canceled", "aborted")
#: The least that `Cancel-After` may say, in seconds.
_LEAST_SEC = 5


class ReplicateProvider(FindsJobs, PolledProvider):
    """Predictions on Replicate.

    `model` is `owner/name`, `owner/name:version`, the 64 digits of a version alone, or `deployments/owner/name`.
    Parameters, prompt, negative prompt and seed become the model's `input` under these names. An input asset becomes
    `image`, `video` or `audio` by its kind, unless the model's specification in `models=` maps it elsewhere.

    Args:
        api_token: The token; else `REPLICATE_API_TOKEN`.
        poll_interval: Seconds between polls.
        http_timeout: Seconds that Replicate may think about a call; default 30.
        output_dir: Folder for the files; without it the pipeline's.
        settings: `base_url` (else `REPLICATE_BASE_URL`; without `/v1`), `models`, `retry_policy` …: see
            `genblaze_http.Settings`.
    """

    name = "replicate"
    vendor = REPLICATE
    modality = Modality.IMAGE
    modalities = tuple(Modality)
    takes_inputs = ("image", "video", "audio")
    key_argument = "api_token"
    usual_timeout = 30.0

    @classmethod
    def create_registry(cls) -> ModelRegistry:
        """The prices by picture; what is billed by the second of a GPU is unknown."""
        registry = ModelRegistry()
        for name, price in PICTURE.items():
            registry.register_pricing(name, per_unit(price))
        return registry

    async def begin(self, work: Work) -> Submitted:
        """Ask for a prediction, which Replicate cancels by itself when nobody waits for it any more."""
        slug = Slug(work.request.model)
        uris = await self._uris(work)
        body = {"input": {name: placed(value, uris) for name, value in self._input(work).items()}}
        remaining = work.context.remaining
        headers = {} if remaining is None else {"Cancel-After": f"{max(_LEAST_SEC, ceil(remaining))}s"}
        try:
            prediction = await self._order(slug, body, headers)
        except ProviderError as error:
            raise with_wait(error) from None
        return Submitted(prediction["id"])

    async def look(self, job_id: str) -> JobStatus:
        """How far a prediction is."""
        prediction = await self._get(f"/v1/predictions/{job_id}")
        state = prediction.get("status")
        if state in _ENDED and state != "succeeded":
            raise failed(prediction)
        return JobStatus(state == "succeeded", message=state)

    async def collect(self, work: Work, job_id: str) -> Generation:
        """The outputs, which Replicate keeps for an hour."""
        prediction = await self._get(f"/v1/predictions/{job_id}")
        if prediction.get("data_removed"):
            msg = (
                f"Replicate has deleted the output of prediction {job_id}, as it does after an hour. Run the step again"
            )
            raise ProviderError(msg, error_code=_C.UNKNOWN)
        version, output = prediction.get("version"), prediction.get("output")
        facts = {"prediction_id": job_id, "version": version, "metrics": prediction.get("metrics")}
        changes = {} if version in (None, "hidden") else {"model_version": version}
        return self.generation(assets_of(output, work.request.modality), payload={"replicate": facts}, changes=changes)

    async def drop(self, job_id: str) -> None:
        """Cancel a prediction."""
        await self.client.call("POST", f"/v1/predictions/{job_id}/cancel")

    async def listed(self, work: Work, since: float) -> AsyncIterator[tuple[str, bool | None]]:
        """The account's predictions of the same model; Replicate deletes inputs after an hour."""
        slug, asked, urls = Slug(work.request.model), self._input(work), {each.url for each in work.request.inputs}
        async for told in self._predictions(since):
            if slug.made(told):
                yield str(told["id"]), None if told.get("data_removed") else same(asked, told.get("input") or {}, urls)

    async def _order(self, slug: Slug, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        """The one paid call. Official models run by their bare name; of others the latest version is looked up."""
        version = slug.version
        if version is None:
            try:
                return await self._post(slug.path, body, headers)
            except ProviderError as error:
                if error.error_code is not _C.MODEL_ERROR or slug.is_deployment:
                    raise
                if (version := await self._latest(slug.name)) is None:
                    raise
        return await self._post("/v1/predictions", {"version": version, **body}, headers)

    async def _latest(self, name: str) -> str | None:
        """The latest version of a model, or None where there is no such model."""
        try:
            with nothing_bought():
                found = await self._get(f"/v1/models/{name}")
        except ProviderError as error:
            if error.error_code is _C.INVALID_INPUT:
                return None
            raise
        return (found.get("latest_version") or {}).get("id")

    async def _post(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        answer: dict[str, Any] = (await self.client.call("POST", path, json=body, headers=headers)).json
        return answer

    async def _get(self, path: str, query: dict[str, Any] | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = (await self.client.call("GET", path, query=query)).json
        return answer

    def _input(self, work: Work) -> dict[str, Any]:
        """The model's input, with input assets as the URLs they have here."""
        request = work.request
        params = {"negative_prompt": request.negative_prompt, "seed": request.seed, **self.params(work)}
        asked = {name: value for name, value in params.items() if value is not None}
        if not asked.get("prompt"):
            asked.pop("prompt", None)
        return with_assets(asked, work.inputs(*self.takes_inputs))

    async def _uris(self, work: Work) -> dict[str, str]:
        """Where Replicate can read the input assets, by the URLs they have here."""
        with nothing_bought():
            return {asset.url: await self._uri(work, asset) for asset in work.inputs(*self.takes_inputs)}

    async def _uri(self, work: Work, asset: Asset) -> str:
        """An input where Replicate can read it: at its URL, in the request if it is small, else uploaded."""
        if (url := await work.context.courier.input_url(asset)) is not None:
            return url
        part = await work.input_file(asset)
        if len(part.data) <= self.vendor.max_data_uri:
            return await work.input_uri(asset)
        file = (await self.client.call("POST", "/v1/files", parts=[("content", part)])).json
        return str(file["urls"]["get"])

    async def _predictions(self, since: float) -> AsyncIterator[dict[str, Any]]:
        """The account's predictions since a time in seconds since the epoch, the newest first."""
        after = datetime.fromtimestamp(since, UTC).isoformat().replace("+00:00", "Z")
        page = await self._get("/v1/predictions", {"created_after": after})
        while True:
            for prediction in page["results"]:
                yield prediction
            if not page.get("next"):
                return
            page = await self._get(page["next"])
