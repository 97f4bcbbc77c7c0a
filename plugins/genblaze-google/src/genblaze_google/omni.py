"""`GeminiOmniProvider`: videos by the Gemini Omni models, over the Interactions API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from genblaze.errors import ProviderError
from genblaze.jobs import JobStatus, Submitted
from genblaze.models.enums import Modality, ProviderErrorCode
from genblaze.pricing import PricingContext
from genblaze.providers.model_registry import ModelRegistry
from genblaze_google.account import GoogleProvider
from genblaze_google.vendor import OMNI, refused_content
from genblaze_google.wire import inline, refused
from genblaze_http import PolledProvider, Work

if TYPE_CHECKING:
    from genblaze.jobs import Generation
    from genblaze.models import Asset

_C = ProviderErrorCode
_OF_VIDEO = ("aspect_ratio", "resolution", "duration", "delivery")
_ENDED_BADLY = ("failed", "cancelled", "incomplete", "budget_exceeded", "requires_action", "requires_continuation")
#: What the codes of a failed interaction mean.
_CODES = {
    "invalid_request": _C.INVALID_INPUT,
    "not_found": _C.MODEL_ERROR,
    "rate_limit_exceeded": _C.RATE_LIMIT,
    "resource_exhausted": _C.RATE_LIMIT,
    "failed_precondition": _C.AUTH_FAILURE,
    "deadline_exceeded": _C.TIMEOUT,
}
_STATES = {"cancelled": _C.UNKNOWN, "budget_exceeded": _C.AUTH_FAILURE}
#: US dollars per second of video, by model and resolution (as reported in 2026-11; not the vendor's own page).
SECOND = {
    "gemini-omni-1.2-flash": {"360p": 0.023, "720p": 0.07, "1080p": 0.105, "4k": 0.21},
    "gemini-omni-1.1-flash": {"360p": 0.03, "720p": 0.10, "1080p": 0.15, "4k": 0.30},
}


class GeminiOmniProvider(GoogleProvider, PolledProvider):
    """Videos by the Gemini Omni models (`gemini-omni-1.2-flash`), the ones that Google serves with an API key.

    Input pictures and videos stand before the prompt. Parameters: `duration` (seconds), `aspect_ratio` (`16:9`,
    `9:16`), `resolution` (`360p`, `720p`, `1080p`, `4k`), `previous_interaction_id` to change an earlier film, and
    whatever else the Interactions API knows, under its own names.
    """

    name = "google-omni"
    vendor = OMNI
    modality = Modality.VIDEO
    takes_inputs = ("image", "video")
    poll_interval = 10.0

    @classmethod
    def create_registry(cls) -> ModelRegistry:
        """The prices that are known."""
        registry = ModelRegistry()
        for name in SECOND:
            registry.register_pricing(name, _dollars)
        return registry

    def check_ready(self) -> None:
        """Refuse a project: the Interactions API is asked with a key.

        Raises:
            ProviderError: `INVALID_INPUT`, or `AUTH_FAILURE` without a key.
        """
        if self.cloud is not None:
            msg = f"{self.name} is asked with an API key, not over Vertex AI: leave out project="
            raise refused(msg, _C.INVALID_INPUT)
        super().check_ready()

    async def begin(self, work: Work) -> Submitted:
        """Ask for a video."""
        work.leave_out("seed", "negative_prompt")
        body = await self._body(work)
        return Submitted((await self.client.call("POST", "/v1beta/interactions", json=body)).json["id"])

    async def look(self, job_id: str) -> JobStatus:
        """How far an interaction is."""
        told = await self._interaction(job_id)
        state = told.get("status")
        if state in _ENDED_BADLY:
            raise _failed(job_id, told)
        return JobStatus(state == "completed", message=state)

    async def collect(self, work: Work, job_id: str) -> Generation:
        """The video, within the answer or at a URL that the key opens."""
        told = await self._interaction(job_id)
        video = _video(told)
        if video is None:
            msg = f"Google interaction {job_id} is completed without a video"
            raise refused(msg, _C.MODEL_ERROR)
        facts = {"interaction_id": job_id, "usage": told.get("usage")}
        return self.generation([await self._asset(work, video)], payload={"google": facts})

    async def drop(self, job_id: str) -> None:
        """Cancel an interaction."""
        await self.client.call("POST", f"/v1beta/interactions/{job_id}/cancel")

    async def _interaction(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.client.call("GET", f"/v1beta/interactions/{job_id}")).json
        return found

    async def _asset(self, work: Work, video: Mapping[str, Any]) -> Asset:
        stated = video.get("mime_type") or "video/mp4"
        if video.get("data"):
            return await work.save_base64(video["data"], stated)
        return await self.download(work, video["uri"], stated)

    async def _body(self, work: Work) -> dict[str, Any]:
        params = self.params(work)
        asked: Any = params.pop("prompt")
        form = {"type": "video", "delivery": "uri", **{name: params.pop(name) for name in _OF_VIDEO if name in params}}
        if "duration" in form:
            form["duration"] = f"{_seconds(form['duration']):g}s"
        if inputs := work.inputs(*self.takes_inputs):
            parts = [await _part(work, asset) for asset in inputs]
            asked = [{"type": "user_input", "content": [*parts, {"type": "text", "text": asked}]}]
        return {
            "model": work.request.model,
            "input": asked,
            "background": True,
            "store": True,
            "response_format": form,
            **params,
        }


async def _part(work: Work, asset: Asset) -> dict[str, str]:
    part = await inline(work, asset, "data")
    media_type = part.pop("mimeType")
    return {"type": media_type.partition("/")[0], "mime_type": media_type, **part}


def _video(told: Mapping[str, Any]) -> dict[str, Any] | None:
    """The video of an interaction: the one that it names, else the last that a step made."""
    if told.get("output_video"):
        return dict(told["output_video"])
    made = [each for step in told.get("steps") or [] for each in step.get("content") or []]
    return next((dict(each) for each in reversed(made) if each.get("type") == "video"), None)


def _failed(job_id: str, told: Mapping[str, Any]) -> ProviderError:
    state, error = told["status"], (told.get("errors") or [{}])[0]
    text = error.get("message") or "no reason given"
    code = _STATES.get(state) or _CODES.get(error.get("code"), _C.MODEL_ERROR)
    if refused_content(text):
        code = _C.CONTENT_POLICY
    return ProviderError(f"Google interaction {job_id} {state}: {text}", error_code=code)


def _seconds(value: Any) -> float:
    return float(str(value).removesuffix("s"))


def _dollars(context: PricingContext) -> float | None:
    params = context.step.params
    each = SECOND[context.step.model].get(params.get("resolution", "720p"))
    if each is None or "duration" not in params:
        return None
    return each * _seconds(params["duration"])
