"""`LumaProvider`: videos and pictures by Luma's Dream Machine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from mimetypes import guess_type
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from genblaze.errors import ProviderError
from genblaze.jobs import JobStatus, Submitted
from genblaze.models import Asset, Modality, ProviderErrorCode
from genblaze.providers.model_registry import ModelRegistry
from genblaze.providers.spec import ModelSpec
from genblaze_http import FindsJobs, PolledProvider, Work
from genblaze_http.listing import may_be
from genblaze_luma.vendor import LUMA, MAKES

if TYPE_CHECKING:
    from genblaze.jobs import Generation

_C = ProviderErrorCode
#: Frames that a video can be told: the first and the last.
_FRAMES = ("frame0", "frame1")
#: Generations asked for at once, when one is looked for.
_PAGE = 100
_TYPES = {"video": "video/mp4", "image": "image/jpeg"}


class LumaProvider(FindsJobs, PolledProvider):
    """Generations by Dream Machine.

    `modality=Modality.IMAGE` makes a picture, which input pictures guide (`image_ref`); else a video, whose first
    frame, and last, are the input pictures. Parameters go to the API under its own names (`aspect_ratio`, `duration`,
    `resolution`, `loop`, `keyframes`, `concepts` …).

    Args:
        auth_token: The key; else `LUMAAI_API_KEY`.
        poll_interval: Seconds between polls.
        http_timeout: Seconds that Luma may think about a call; default 60.
        output_dir: Folder for the files; without it the pipeline's.
        settings: `base_url` (else `LUMAAI_BASE_URL`; with `/dream-machine/v1`), `models`, `retry_policy` …: see
            `genblaze_http.Settings`.
    """

    name = "luma"
    vendor = LUMA
    modality = Modality.VIDEO
    modalities = MAKES
    takes_inputs = ("image",)
    key_argument = "auth_token"
    poll_interval = 5.0
    usual_timeout = 60.0

    @classmethod
    def create_registry(cls) -> ModelRegistry:
        """Durations as Luma writes them; prices are unknown."""
        return ModelRegistry(ModelSpec(model_id="*", param_coercers={"duration": _seconds}))

    async def begin(self, work: Work) -> Submitted:
        """Ask for a generation."""
        work.leave_out("seed", "negative_prompt")
        body = await self._body(work)
        path = f"/generations/{_kind(work)}"
        return Submitted((await self.client.call("POST", path, json=body)).json["id"])

    async def look(self, job_id: str) -> JobStatus:
        """How far a generation is; Luma tells no fraction."""
        told = await self._get(job_id)
        state = told.get("state")
        if state == "failed":
            reason = told.get("failure_reason") or "no reason given"
            code = _C.CONTENT_POLICY if "moderation" in reason.lower() else _C.MODEL_ERROR  # there is but this text
            msg = f"Luma generation {job_id} failed: {reason}"
            raise ProviderError(msg, error_code=code)
        return JobStatus(state == "completed", message=state)

    async def collect(self, work: Work, job_id: str) -> Generation:  # noqa: ARG002 - the answer says what it is
        """The output."""
        made = (await self._get(job_id)).get("assets") or {}
        assets = [_asset(made[kind], usual) for kind, usual in _TYPES.items() if made.get(kind)]
        return self.generation(assets, payload={"luma": {"generation_id": job_id}})

    async def drop(self, job_id: str) -> None:
        """Delete a generation, which is how Luma cancels."""
        await self.client.call("DELETE", f"/generations/{job_id}")

    async def listed(self, work: Work, since: float) -> AsyncIterator[tuple[str, bool | None]]:
        """The account's generations; Luma repeats what each was asked for as its `request`."""
        wanted = await self._body(work)
        wanted.pop(
            "keyframes" if _kind(work) == "video" else "image_ref", None
        )  # URLs differ from one call to the next
        offset, page = 0, {"has_more": True}
        while page["has_more"]:
            page = (await self.client.call("GET", "/generations", query={"limit": _PAGE, "offset": offset})).json
            for told in page["generations"]:
                if _created(told) < since:
                    return
                request = told.get("request") or {}
                yield str(told["id"]), may_be({"model": told.get("model"), **request}, wanted) if request else None
            offset += _PAGE

    async def _body(self, work: Work) -> dict[str, Any]:
        kind, pictures = _kind(work), work.inputs("image")
        if kind == "video" and len(pictures) > len(_FRAMES):
            _refuse(f"a video has a first frame and may have a last; there are {len(pictures)} pictures")
        urls = [await _url(work, asset) for asset in pictures]
        fields = {name: value for name, value in self.params(work).items() if value != ""}
        return {"model": work.request.model, **_placed(kind, urls), **fields}

    async def _get(self, job_id: str) -> dict[str, Any]:
        told: dict[str, Any] = (await self.client.call("GET", f"/generations/{job_id}")).json
        return told


def _kind(work: Work) -> str:
    return "image" if work.request.modality is Modality.IMAGE else "video"


def _created(told: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(told["created_at"]).timestamp()


def _asset(url: str, usual: str) -> Asset:
    return Asset(url=url, media_type=guess_type(urlsplit(url).path)[0] or usual)


def _seconds(value: Any) -> str:
    """`5s`, of `5`, `5.0`, `"5"` or `"5s"`."""
    return f"{float(str(value).removesuffix('s')):g}s"


async def _url(work: Work, asset: Asset) -> str:
    courier = work.context.courier
    url = await courier.input_url(asset) or await courier.stored_url(asset)
    if url is None:
        _refuse(
            f"input {asset.asset_id} lies where Luma cannot read it: Luma takes URLs only. Give the run a sink= whose "
            "store gives out https URLs (S3, say, without embed=True), or put the input at an https URL"
        )
    return str(url)


def _placed(kind: str, urls: list[str]) -> dict[str, Any]:
    if not urls:
        return {}
    if kind == "image":
        return {"image_ref": [{"url": url} for url in urls]}
    return {"keyframes": {frame: {"type": "image", "url": url} for frame, url in zip(_FRAMES, urls, strict=False)}}


def _refuse(problem: str) -> None:
    msg = f"luma: inputs: {problem}"
    raise ProviderError(msg, error_code=_C.INVALID_INPUT, uncertain=False)
