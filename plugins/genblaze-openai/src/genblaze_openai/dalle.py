"""`DalleProvider`: pictures from a prompt, and edits of pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genblaze.models import Asset, Modality
from genblaze_http import FilePart, Work
from genblaze_openai.at_once import OpenAIProvider
from genblaze_openai.fields import form_fields, refuse
from genblaze_openai.prices import image_models

if TYPE_CHECKING:
    from genblaze.jobs import Generation
    from genblaze.providers.model_registry import ModelRegistry

#: The role, in the metadata of an input asset, of the picture whose transparent parts are to be painted over.
MASK = "mask"
_MOST_PICTURES = 16
_FACTS = ("created", "background", "output_format", "quality", "size", "usage")


class DalleProvider(OpenAIProvider):
    """Pictures by OpenAI's Image API: the gpt-image models, and the wire of the retired `dall-e` ones.

    A step with input pictures edits them (up to 16); one of them may have `metadata={"role": "mask"}`. Parameters go to
    the API under its own names: `size`, `quality`, `n`, `background`, `output_format`, `output_compression`,
    `moderation`, `input_fidelity` …
    """

    name = "openai-dalle"
    modality = Modality.IMAGE
    takes_inputs = ("image",)

    @classmethod
    def create_registry(cls) -> ModelRegistry:
        """The prices of the models that are billed by tokens."""
        return image_models()

    async def begin(self, work: Work) -> Generation:
        """Make or edit pictures."""
        work.leave_out("seed", "negative_prompt")
        if work.request.params.get("stream"):
            refuse(self.name, "stream", "the finished picture is what a step gives. Leave it out")
        fields = self._fields(work)
        pictures = work.inputs("image")
        if pictures:
            parts = await _edit(work, pictures, fields)
            reply = await self.client.call("POST", "/images/edits", parts=parts)
        else:
            reply = await self.client.call("POST", "/images/generations", json=fields)
        told = reply.json
        assets = [await _asset(work, picture) for picture in told.get("data") or []]
        facts = {name: told[name] for name in _FACTS if name in told}
        revised = [picture["revised_prompt"] for picture in told.get("data") or [] if "revised_prompt" in picture]
        if revised:
            facts["revised_prompts"] = revised
        return self.generation(assets, payload={"openai": {"request_id": reply.request_id, **facts}})

    def _fields(self, work: Work) -> dict[str, Any]:
        """The body of a call. The vendor's default model is a retired one, so the model is always sent."""
        model = work.request.model
        # Without it the dall-e models answer with URLs that end within the hour.
        inline = {"response_format": "b64_json"} if model.startswith("dall-e") else {}
        return {"model": model, **inline, **self.params(work)}


async def _edit(work: Work, pictures: list[Asset], fields: dict[str, Any]) -> list[tuple[str, str | FilePart]]:
    masks = [asset for asset in pictures if asset.metadata.get("role") == MASK]
    images = [asset for asset in pictures if asset not in masks]
    if len(masks) > 1 or not 1 <= len(images) <= _MOST_PICTURES:
        refuse("openai-dalle", "inputs", f"an edit takes 1 to {_MOST_PICTURES} pictures and at most one mask")
    name = "image" if len(images) == 1 else "image[]"
    parts: list[tuple[str, str | FilePart]] = [*form_fields(fields)]
    parts += [(name, await work.input_file(asset)) for asset in images]
    parts += [("mask", await work.input_file(asset)) for asset in masks]
    return parts


async def _asset(work: Work, picture: dict[str, Any]) -> Asset:
    if picture.get("b64_json"):
        return await work.save_base64(picture["b64_json"])
    return Asset(url=picture["url"], media_type="image/png")
