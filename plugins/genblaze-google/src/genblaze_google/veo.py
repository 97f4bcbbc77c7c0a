"""`VeoProvider`: videos by the Veo models, which Google shut down for API keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import copy
from typing import TYPE_CHECKING, Any

from genblaze.errors import ProviderError
from genblaze.jobs import JobStatus, Submitted
from genblaze.models import Modality, ProviderErrorCode
from genblaze_google.account import GoogleProvider
from genblaze_google.vendor import VEO, refused_content
from genblaze_google.vertex import Cloud
from genblaze_google.wire import cloud_only, inline, refused, wire_names
from genblaze_http import PolledProvider, Work

if TYPE_CHECKING:
    from genblaze.jobs import Generation
    from genblaze.models import Asset

_C = ProviderErrorCode
_FRAMES = ("image", "lastFrame")
#: The role, in the metadata of an input asset, of a picture that shows what is to be seen in the video.
REFERENCE = "reference"
#: How the names of operations of Vertex AI begin.
_IN_PROJECT = re.compile(r"projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/")
_NAMES = {"duration": "durationSeconds", "number_of_videos": "sampleCount"}
#: Codes of google.rpc.Code, with which an operation ends.
_ENDS = {
    3: _C.INVALID_INPUT,
    4: _C.TIMEOUT,
    5: _C.MODEL_ERROR,
    7: _C.AUTH_FAILURE,
    8: _C.RATE_LIMIT,
    13: _C.SERVER_ERROR,
    14: _C.SERVER_ERROR,
    16: _C.AUTH_FAILURE,
}


class VeoProvider(GoogleProvider, PolledProvider):
    """Videos by Veo, which Google shut down for API keys in 2026.

    Up to two input pictures are the first and the last frame; those with `metadata={"role": "reference"}` show what
    is to be seen in it, and an input video is gone on with. Parameters: `duration` (or `duration_seconds`; seconds),
    `aspect_ratio`, `resolution`, `person_generation`, `number_of_videos`, `enhance_prompt`, or Google's own names.
    """

    name = "google-veo"
    vendor = VEO
    modality = Modality.VIDEO
    takes_inputs = ("image", "video")
    poll_interval = 10.0

    def normalize_params(self, params: dict[str, Any], modality: Modality | None = None) -> dict[str, Any]:
        """Record `duration` as `duration_seconds`, as the published provider does, so that hashes and caches agree."""
        params = super().normalize_params(params, modality)
        if "duration" in params and "duration_seconds" not in params:
            params = {("duration_seconds" if name == "duration" else name): value for name, value in params.items()}
        return params

    async def begin(self, work: Work) -> Submitted:
        """Ask for a video."""
        if self.cloud is None:
            work.leave_out("seed")
        body = await self._body(work)
        path = f"{self.model_path(work.request.model)}:predictLongRunning"
        return Submitted((await self.client.call("POST", path, json=body)).json["name"])

    async def look(self, job_id: str) -> JobStatus:
        """How far an operation is."""
        operation = await self._operation(job_id)
        if error := operation.get("error"):
            raise _failed(job_id, error)
        return JobStatus(bool(operation.get("done")))

    async def collect(self, work: Work, job_id: str) -> Generation:
        """Download the videos, which Google keeps for two days and gives to the key's owner only."""
        response = (await self._operation(job_id)).get("response") or {}
        told = response.get("generateVideoResponse") or response  # Vertex AI has no such level
        made = told.get("generatedSamples") or told.get("videos") or []
        videos = [each.get("video", each) for each in made]
        reasons = told.get("raiMediaFilteredReasons") or []
        if not videos:
            msg = f"Google filtered all videos of {job_id}: {'; '.join(reasons) or 'no reason given'}"
            raise refused(msg, _C.CONTENT_POLICY if reasons else _C.MODEL_ERROR)
        assets = [await self._asset(work, video) for video in videos]
        facts = {"operation": job_id, **({"filtered": reasons} if reasons else {})}
        return self.generation(assets, payload={"google": facts})

    async def _operation(self, name: str) -> dict[str, Any]:
        asking = self._asking_about(name)
        if asking.cloud is None:
            reply = await self.client.call("GET", f"/v1beta/{name}")
        else:
            await asking.log_in()
            path = f"/v1beta1/{name.partition('/operations/')[0]}:fetchPredictOperation"
            reply = await asking.client.call("POST", path, json={"operationName": name})
        found: dict[str, Any] = reply.json
        return found

    def _asking_about(self, name: str) -> VeoProvider:
        """Whoever can ask about an operation: its name says its project, which `genblaze resume` does not know."""
        place = _IN_PROJECT.match(name)
        if self.cloud is not None or place is None:
            return self
        other = copy(self)
        other.cloud = Cloud(place["project"], place["location"])
        return other

    async def _asset(self, work: Work, video: Mapping[str, Any]) -> Asset:
        """A video, where the Gemini API names it, or as Vertex AI sends it."""
        if "bytesBase64Encoded" in video:
            return await work.save_base64(video["bytesBase64Encoded"], video.get("mimeType"))
        if "gcsUri" in video:
            msg = f"Google wrote the video to {video['gcsUri']}, which is not fetched. Leave out storageUri"
            raise refused(msg, _C.INVALID_INPUT)
        return await self.download(work, video["uri"], "video/mp4")

    async def _body(self, work: Work) -> dict[str, Any]:
        params = wire_names(self.params(work), _NAMES)
        instance: dict[str, Any] = {"prompt": params.pop("prompt"), **await self._inputs(work)}
        if "durationSeconds" in params:
            params["durationSeconds"] = int(params["durationSeconds"])
        if work.request.negative_prompt is not None:
            params.setdefault("negativePrompt", work.request.negative_prompt)
        if self.cloud is not None:
            params = {**cloud_only(work), **params}
        return {"instances": [instance], **({"parameters": params} if params else {})}

    async def _inputs(self, work: Work) -> dict[str, Any]:
        """Frames, references and the video to go on with, where Google has them."""
        pictures, videos = work.inputs("image"), work.inputs("video")
        references = [asset for asset in pictures if asset.metadata.get("role") == REFERENCE]
        frames = [asset for asset in pictures if asset not in references]
        if len(frames) > len(_FRAMES) or len(videos) > 1:
            msg = f"{self.name}: inputs: two frames and one video are taken, not {len(frames)} and {len(videos)}"
            raise refused(msg, _C.INVALID_INPUT)
        found: dict[str, Any] = {}
        for name, asset in zip(_FRAMES, frames, strict=False):
            found[name] = await inline(work, asset, "bytesBase64Encoded")
        shown = [await inline(work, asset, "bytesBase64Encoded") for asset in references]
        if shown:
            found["referenceImages"] = [{"image": image, "referenceType": "ASSET"} for image in shown]
        for asset in videos:
            film = await inline(work, asset, "encodedVideo" if self.cloud is None else "bytesBase64Encoded")
            found["video"] = film if self.cloud else {"encoding": film.pop("mimeType"), **film}
        return found


def _failed(name: str, error: Mapping[str, Any]) -> ProviderError:
    text = error.get("message") or "no reason given"
    code = _C.CONTENT_POLICY if refused_content(text) else _ENDS.get(error.get("code", 0), _C.MODEL_ERROR)
    return ProviderError(f"Google operation {name} failed: {text}", error_code=code)
