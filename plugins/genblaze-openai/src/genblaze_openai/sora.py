"""`SoraProvider`: videos from a prompt, with a first frame if there is one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from genblaze.errors import ProviderError
from genblaze.jobs import JobStatus, Submitted
from genblaze.models import Modality, ProviderErrorCode
from genblaze_http import FindsJobs, ListsModels, PolledProvider, Work
from genblaze_http.listing import may_be
from genblaze_openai.fields import form_fields, refuse
from genblaze_openai.prices import video_models
from genblaze_openai.vendor import OPENAI

if TYPE_CHECKING:
    from genblaze.jobs import Generation
    from genblaze.providers.model_registry import ModelRegistry
    from genblaze_http import FilePart

_CONTENT_CODES = ("moderation_blocked", "content_policy_violation")


class SoraProvider(FindsJobs, ListsModels, PolledProvider):
    """Videos by OpenAI's Videos API, which OpenAI shut down on 2026-09-24 without a replacement.

    One input picture or video becomes the `input_reference`. Parameters go to the API under its own names: `seconds`
    (4, 8 or 12), `size` (`720x1280`, `1280x720`; `sora-2-pro` also `1024x1792`, `1792x1024`).

    Args:
        api_key: The key; else `OPENAI_API_KEY`.
        poll_interval: Seconds between polls.
        http_timeout: Seconds that OpenAI may think about a call; default 600.
        output_dir: Folder for the files; without it the pipeline's.
        settings: `base_url` (else `OPENAI_BASE_URL`), `models`, `retry_policy` …: see `genblaze_http.Settings`.
    """

    name = "openai-sora"
    vendor = OPENAI
    modality = Modality.VIDEO
    takes_inputs = ("image", "video")
    poll_interval = 5.0

    @classmethod
    def create_registry(cls) -> ModelRegistry:
        """The last prices."""
        return video_models()

    async def begin(self, work: Work) -> Submitted:
        """Ask for a video."""
        work.leave_out("seed", "negative_prompt")
        parts: list[tuple[str, str | FilePart]] = [*form_fields(self._fields(work))]
        references = work.inputs("image", "video")
        if len(references) > 1:
            refuse(self.name, "inputs", f"one picture or video leads the film, not {len(references)}. Use input_from")
        parts += [("input_reference", await work.input_file(asset)) for asset in references]
        return Submitted((await self.client.call("POST", "/videos", parts=parts)).json["id"])

    async def look(self, job_id: str) -> JobStatus:
        """How far a video is."""
        reply = await self.client.call("GET", f"/videos/{job_id}")
        video, wait = reply.json, reply.headers.get("openai-poll-after-ms", "")
        state = video.get("status")
        if state == "failed":
            raise _failed(job_id, video.get("error") or {})
        fraction, poll_after = (video.get("progress") or 0) / 100, int(wait) / 1000 if wait.isdecimal() else None
        return JobStatus(state == "completed", fraction, state, poll_after=poll_after)

    async def collect(self, work: Work, job_id: str) -> Generation:
        """Download a video."""
        accept = {"accept": "application/binary"}
        asset = await self.download(work, f"/videos/{job_id}/content", "video/mp4", headers=accept)
        return self.generation([asset], payload={"openai": {"video_id": job_id}})

    async def listed(self, work: Work, since: float) -> AsyncIterator[tuple[str, bool | None]]:
        """The account's videos."""
        wanted = self._fields(work)
        async for video in self._videos(since):
            named = (video.get("model"), video.get("prompt")) == (wanted["model"], wanted["prompt"])
            yield str(video["id"]), named and may_be(video, wanted)

    def _fields(self, work: Work) -> dict[str, Any]:
        return {"model": work.request.model, **self.params(work)}

    async def _videos(self, since: float) -> AsyncIterator[dict[str, Any]]:
        """The account's videos, the newest first, back to a time in seconds since the epoch."""
        query: dict[str, Any] = {"limit": 100, "order": "desc"}
        while True:
            page = (await self.client.call("GET", "/videos", query=query)).json
            for video in page["data"]:
                if video["created_at"] < since:
                    return
                yield video
            if not page.get("has_more"):
                return
            query["after"] = page["data"][-1]["id"]


def _failed(job_id: str, error: dict[str, Any]) -> ProviderError:
    refused = error.get("code") in _CONTENT_CODES
    code = ProviderErrorCode.CONTENT_POLICY if refused else ProviderErrorCode.MODEL_ERROR
    return ProviderError(f"OpenAI video {job_id} failed: {error.get('message') or 'no reason given'}", error_code=code)
