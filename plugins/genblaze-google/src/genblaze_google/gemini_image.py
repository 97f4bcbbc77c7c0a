"""`GeminiImageProvider`: pictures by the Gemini models, also out of other pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genblaze.models.enums import Modality
from genblaze.pricing import PricingContext
from genblaze.providers.model_registry import ModelRegistry
from genblaze_google.account import GoogleProvider
from genblaze_google.wire import ended, inline, parts_of, wire_names
from genblaze_http import SingleCallProvider, Work

if TYPE_CHECKING:
    from genblaze.jobs import Generation

#: US dollars for a picture of gemini-3.1-flash-image by its size (last seen 2026-05).
PICTURE = {"512": 0.045, "1K": 0.067, "2K": 0.101, "4K": 0.151}
_OF_IMAGE = ("aspectRatio", "imageSize")
_FACTS = ("responseId", "modelVersion", "usageMetadata")


class GeminiImageProvider(GoogleProvider, SingleCallProvider):
    """Pictures by the Gemini models (`gemini-3.1-flash-image` and its like); one that is an input is changed.

    Parameters are `aspect_ratio` (`16:9` …), `image_size` (`512`, `1K`, `2K`, `4K`) and whatever else Google's
    `generationConfig` knows, in its spelling or in `snake_case`.
    """

    name = "google-gemini-image"
    modality = Modality.IMAGE
    takes_inputs = ("image",)

    @classmethod
    def create_registry(cls) -> ModelRegistry:
        """The prices that are known."""
        registry = ModelRegistry()
        registry.register_pricing("gemini-3.1-flash-image", _dollars)
        return registry

    async def begin(self, work: Work) -> Generation:
        """Make a picture."""
        work.leave_out("negative_prompt")
        model = work.request.model
        body = await self._body(work)
        told = (await self.client.call("POST", f"{self.model_path(model)}:generateContent", json=body)).json
        files = [part["inlineData"] for part in parts_of(told, model) if "inlineData" in part]
        if not files:
            raise ended(told, model)
        assets = [await work.save_base64(file["data"], file.get("mimeType")) for file in files]
        return self.generation(assets, payload={"google": {name: told[name] for name in _FACTS if name in told}})

    async def _body(self, work: Work) -> dict[str, Any]:
        config = wire_names(self.params(work), {})
        prompt = {"text": config.pop("prompt")}
        image = {name: config.pop(name) for name in _OF_IMAGE if name in config}
        if image:
            config["imageConfig"] = {**image, **config.get("imageConfig", {})}
        if work.request.seed is not None:
            config.setdefault("seed", work.request.seed)
        pictures = [await inline(work, asset, "data") for asset in work.inputs("image")]
        return {
            "contents": [{"role": "user", "parts": [*({"inlineData": picture} for picture in pictures), prompt]}],
            "generationConfig": {"responseModalities": ["IMAGE"], **config},
        }


def _dollars(context: PricingContext) -> float | None:
    params = context.step.params
    each = PICTURE.get(str(params.get("image_size") or params.get("imageSize") or "1K"))
    return None if each is None else each * context.output_count
