"""`ImagenProvider`: pictures by the Imagen models, which Google shut down for API keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genblaze.models.enums import Modality, ProviderErrorCode
from genblaze_google.account import GoogleProvider
from genblaze_google.vendor import IMAGEN
from genblaze_google.wire import cloud_only, refused, wire_names
from genblaze_http import SingleCallProvider, Work

if TYPE_CHECKING:
    from genblaze.jobs import Generation

_NAMES = {"number_of_images": "sampleCount", "safety_filter_level": "safetySetting", "image_size": "sampleImageSize"}
_OF_OUTPUT = {"outputMimeType": "mimeType", "outputCompressionQuality": "compressionQuality"}


class ImagenProvider(GoogleProvider, SingleCallProvider):
    """Pictures by Imagen, which Google shut down for API keys on 2026-08-17: use `GeminiImageProvider`.

    Parameters: `number_of_images`, `aspect_ratio`, `person_generation`, `safety_filter_level`, `image_size`,
    `output_mime_type`, `output_compression_quality`, or Google's own names.
    """

    name = "google-imagen"
    modality = Modality.IMAGE
    vendor = IMAGEN

    async def begin(self, work: Work) -> Generation:
        """Make pictures."""
        if self.cloud is None:
            work.leave_out("seed", "negative_prompt")
        model = work.request.model
        told = (await self.client.call("POST", f"{self.model_path(model)}:predict", json=self._body(work))).json
        made = told.get("predictions") or []
        reasons = [each["raiFilteredReason"] for each in made if each.get("raiFilteredReason")]
        files = [each for each in made if each.get("bytesBase64Encoded")]
        if not files:
            msg = f"Google filtered all pictures of {model}: {'; '.join(reasons) or 'no reason given'}"
            raise refused(msg, ProviderErrorCode.CONTENT_POLICY)
        assets = [await work.save_base64(each["bytesBase64Encoded"], each.get("mimeType")) for each in files]
        return self.generation(assets, payload={"google": {"filtered": reasons}} if reasons else {})

    def _body(self, work: Work) -> dict[str, Any]:
        params = wire_names(self.params(work), _NAMES)
        prompt = params.pop("prompt")
        output = {theirs: params.pop(ours) for ours, theirs in _OF_OUTPUT.items() if ours in params}
        if output:
            params["outputOptions"] = output
        if self.cloud is not None:
            params = {**cloud_only(work), **params}
        return {"instances": [{"prompt": prompt}], "parameters": {"includeRaiReason": True, **params}}
