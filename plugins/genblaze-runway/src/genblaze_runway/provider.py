"""`RunwayProvider`: videos and pictures out of text, pictures and videos."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from mimetypes import guess_type
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from genblaze.errors import ProviderError
from genblaze.jobs import JobStatus, Submitted
from genblaze.models import Asset, Modality, ProviderErrorCode
from genblaze.providers.model_registry import ModelRegistry
from genblaze.providers.spec import ModelSpec
from genblaze_http import PolledProvider, Work, nothing_bought
from genblaze_runway.endpoints import endpoint, placed
from genblaze_runway.vendor import CREDIT, MAKES, RUNWAY

if TYPE_CHECKING:
    from genblaze.jobs import Generation

_C = ProviderErrorCode
_NAMES = {
    "prompt": "promptText",
    "negative_prompt": "negativePrompt",
    "image": "promptImage",
    "aspect_ratio": "ratio",
    "cfg_scale": "cfgScale",
    "output_format": "outputFormat",
}
#: How the names of models begin that want a ratio in pixels, and will not do without.
_IN_PIXELS = ("gen4", "veo3")
_PIXELS = {"16:9": "1280:720", "9:16": "720:1280"}
_WIDE = "1280:720"
#: Seconds of a film by gen4.5, which must be told.
_USUAL_SECONDS = 8
#: How the code of a failed task begins, the longer beginnings first.
_FAILURES = {
    "SAFETY.": _C.CONTENT_POLICY,
    "INPUT_PREPROCESSING.SAFETY.": _C.CONTENT_POLICY,
    "INPUT_PREPROCESSING.": _C.SERVER_ERROR,
    "INTERNAL": _C.SERVER_ERROR,
    "ASSET.": _C.INVALID_INPUT,
}


class RunwayProvider(PolledProvider):
    """Tasks at Runway.

    The step decides what is asked for: `modality=Modality.IMAGE` for pictures, which input pictures guide; else a
    video, out of the input video, the input picture (a second one is the last frame), or the text alone. Parameters go
    to the API under its own names (`duration`, `ratio`, `audio`, `contentModeration` …); `aspect_ratio` is another
    name of `ratio`, `image` of `promptImage`.

    Args:
        api_secret: The key; else `RUNWAYML_API_SECRET`.
        poll_interval: Seconds between polls; Runway asks for at least 5.
        http_timeout: Seconds that Runway may think about a call; default 60.
        output_dir: Folder for the files; without it the pipeline's.
        settings: `base_url` (else `RUNWAYML_BASE_URL`; without `/v1`), `models`, `retry_policy` …: see
            `genblaze_http.Settings`.
    """

    name = "runway"
    vendor = RUNWAY
    modality = Modality.VIDEO
    modalities = MAKES
    takes_inputs = ("image", "video")
    key_argument = "api_secret"
    poll_interval = 5.0
    usual_timeout = 60.0

    @classmethod
    def create_registry(cls) -> ModelRegistry:
        """The portable names of parameters; what a task cost, Runway says itself."""
        return ModelRegistry(ModelSpec(model_id="*", param_aliases=_NAMES))

    def normalize_params(self, params: dict[str, Any], modality: Modality | None = None) -> dict[str, Any]:
        """Record `aspect_ratio` as `ratio`, as the published provider does, so that hashes and caches agree."""
        params = super().normalize_params(params, modality)
        if "aspect_ratio" in params and "ratio" not in params:
            params = {("ratio" if name == "aspect_ratio" else name): value for name, value in params.items()}
        return params

    async def begin(self, work: Work) -> Submitted:
        """Ask for a task."""
        request = work.request
        pictures, videos = work.inputs("image"), work.inputs("video")
        _check(request.modality, len(pictures), len(videos))
        with nothing_bought():
            uris = [await self._uri(work, asset) for asset in (*pictures, *videos)]
        places = placed(request.model, request.modality, uris[: len(pictures)], uris[len(pictures) :])
        body = {**places, **self._fields(work)}
        path = endpoint(request.model, request.modality, body)
        task = (await self.client.call("POST", path, json=body)).json
        return Submitted(task["id"])

    async def look(self, job_id: str) -> JobStatus:
        """How far a task is; THROTTLED waits for the account's other tasks."""
        task = await self._task(job_id)
        state = task.get("status")
        if state in ("FAILED", "CANCELLED"):
            raise _failed(task)
        return JobStatus(state == "SUCCEEDED", task.get("progress"), state)

    async def collect(self, work: Work, job_id: str) -> Generation:
        """The outputs, at URLs that live for a day or two, and what they cost."""
        task = await self._task(job_id)
        usual = "image/png" if work.request.modality is Modality.IMAGE else "video/mp4"
        assets = [Asset(url=url, media_type=_type_of(url) or usual) for url in task.get("output") or []]
        credits_used = (task.get("cost") or {}).get("credits")
        cost = None if credits_used is None else credits_used * CREDIT
        return self.generation(assets, cost_usd=cost, payload={"runway": {"task_id": job_id, "credits": credits_used}})

    async def drop(self, job_id: str) -> None:
        """Cancel a task that has not ended."""
        await self.client.call("DELETE", f"/v1/tasks/{job_id}")

    async def _uri(self, work: Work, asset: Asset) -> str:
        """An input where Runway can read it: at its own URL, in the request if it is small, else uploaded.

        Objects of a store are not handed over by a presigned URL: Runway asks with HEAD first, which that may refuse.
        """
        url = await work.context.courier.input_url(asset)
        if url == asset.url:
            return url
        part = await work.input_file(asset)
        if len(part.data) <= self.vendor.max_data_uri:
            return f"data:{part.media_type};base64,{b64encode(part.data).decode()}"
        told = (await self.client.call("POST", "/v1/uploads", json={"filename": part.name, "type": "ephemeral"})).json
        await self.client.upload(told["uploadUrl"], [*told["fields"].items(), ("file", part)])
        return str(told["runwayUri"])

    async def _task(self, job_id: str) -> dict[str, Any]:
        task: dict[str, Any] = (await self.client.call("GET", f"/v1/tasks/{job_id}")).json
        return task

    def _fields(self, work: Work) -> dict[str, Any]:
        """The body without inputs, with what a model will not do without."""
        request = work.request
        more = {"negativePrompt": request.negative_prompt, "seed": request.seed, **self.params(work)}
        fields = {name: value for name, value in more.items() if value not in (None, "")}
        if request.model.startswith(_IN_PIXELS):
            ratio = fields.get("ratio", _WIDE)
            fields["ratio"] = _PIXELS.get(ratio, ratio)
        if request.model == "gen4.5":
            fields.setdefault("duration", _USUAL_SECONDS)
        return {"model": request.model, **fields}


def _check(modality: Modality, pictures: int, videos: int) -> None:
    """Refuse more inputs than there are places for.

    Raises:
        ProviderError: `INVALID_INPUT`; nothing was sent.
    """
    problem = None
    if modality is Modality.IMAGE and videos:
        problem = "a picture is not made out of a video"
    elif videos > 1:
        problem = f"one video is worked on, not {videos}"
    elif modality is Modality.VIDEO and not videos and pictures > len(("first", "last")):
        problem = f"a video begins with one picture and may end with another; there are {pictures}"
    if problem is not None:
        msg = f"runway: inputs: {problem}. Choose them with input_from"
        raise ProviderError(msg, error_code=_C.INVALID_INPUT, uncertain=False)


def _failed(task: Mapping[str, Any]) -> ProviderError:
    """The error of a task that ended without success."""
    state, word = task.get("status"), str(task.get("failureCode") or "")
    code = next((code for start, code in _FAILURES.items() if word.startswith(start)), _C.MODEL_ERROR)
    if state == "CANCELLED":
        code = _C.UNKNOWN
    reason = " ".join(filter(None, (word, task.get("failure")))) or "no reason given"
    return ProviderError(f"Runway task {task.get('id')} {state}: {reason}", error_code=code)


def _type_of(url: str) -> str | None:
    return guess_type(urlsplit(url).path)[0]
