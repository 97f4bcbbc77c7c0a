"""`LumaProvider`: videos and pictures by Luma's Dream Machine."""

from __future__ import annotations

from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack
from urllib.parse import urlsplit

from genblaze.errors import ProviderError
from genblaze.jobs import JobStatus, Submitted
from genblaze.models import Asset, Modality, ProviderErrorCode
from genblaze.providers import ProviderCapabilities
from genblaze.providers.model_registry import ModelRegistry
from genblaze.providers.spec import ModelSpec
from genblaze_http import PolledProvider, Settings, Work
from genblaze_luma.vendor import LUMA

if TYPE_CHECKING:
    from genblaze.jobs import Generation

_C = ProviderErrorCode
#: Frames that a video can be told: the first and the last.
_FRAMES = ("frame0", "frame1")
_TYPES = {"video": "video/mp4", "image": "image/jpeg"}


class LumaProvider(PolledProvider):
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
    takes_inputs = ("image",)

    def __init__(
        self,
        auth_token: str | None = None,
        poll_interval: float = 5.0,
        http_timeout: float | None = None,
        output_dir: str | Path | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        timeout = http_timeout or settings.get("timeout") or 60.0
        super().__init__(
            auth_token, poll_interval=poll_interval, http_timeout=timeout, output_dir=output_dir, **settings
        )

    @classmethod
    def create_registry(cls) -> ModelRegistry:
        """Durations as Luma writes them; prices are unknown."""
        return ModelRegistry(ModelSpec(model_id="*", param_coercers={"duration": _seconds}))

    def get_capabilities(self) -> ProviderCapabilities:
        """Videos and pictures."""
        return ProviderCapabilities(
            supported_modalities=[Modality.VIDEO, Modality.IMAGE],
            supported_inputs=["text", *self.takes_inputs],
            accepts_chain_input=True,
            models=[model.name for model in self.vendor.models],
        )

    async def begin(self, work: Work) -> Submitted:
        """Ask for a generation."""
        work.leave_out("seed", "negative_prompt")
        kind = "image" if work.request.modality is Modality.IMAGE else "video"
        pictures = work.inputs("image")
        if kind == "video" and len(pictures) > len(_FRAMES):
            _refuse(f"a video has a first frame and may have a last; there are {len(pictures)} pictures")
        urls = [await _url(work, asset) for asset in pictures]
        fields = {name: value for name, value in self.params(work).items() if value != ""}
        body = {"model": work.request.model, **_placed(kind, urls), **fields}
        return Submitted((await self.client.call("POST", f"/generations/{kind}", json=body)).json["id"])

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

    async def _get(self, job_id: str) -> dict[str, Any]:
        told: dict[str, Any] = (await self.client.call("GET", f"/generations/{job_id}")).json
        return told


def _asset(url: str, usual: str) -> Asset:
    return Asset(url=url, media_type=guess_type(urlsplit(url).path)[0] or usual)


def _seconds(value: Any) -> str:
    """`5s`, of `5`, `5.0`, `"5"` or `"5s"`."""
    return f"{float(str(value).removesuffix('s')):g}s"


async def _url(work: Work, asset: Asset) -> str:
    url = await work.context.courier.input_url(asset)
    if url is None:
        _refuse(f"{asset.asset_id} lies where Luma cannot read it. Put it into a store (sink=), or at an https URL")
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
