"""Which of Runway's endpoints a request goes to, and where its inputs stand in the body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from genblaze.models import Modality

#: Models that do one thing only, whatever the step says.
_SINGLE = {
    "magnific_video_upscaler_creative": "video_upscale",
    "enhance_frame_rate": "video_upscale",
    "magnific_precision_upscaler_v2": "image_upscale",
}
#: How the names of models begin that call the video to work on `promptVideo`; the others call it `videoUri`.
_PROMPT_VIDEO = ("klingO3", "hailuo3", "seedance")


def placed(model: str, modality: Modality, pictures: list[str], videos: list[str]) -> dict[str, Any]:
    """The fields of the body that hold the inputs, given as URLs or data URIs.

    A second picture of a video is its last frame; pictures beside a video, and those of a picture, are references.
    """
    if _SINGLE.get(model) == "image_upscale":
        return {"imageUri": pictures[0]} if pictures else {}
    references = [{"uri": uri} for uri in pictures]
    if modality is Modality.IMAGE:
        return {"referenceImages": references} if pictures else {}
    if videos:
        name = "promptVideo" if model.startswith(_PROMPT_VIDEO) else "videoUri"
        return {name: videos[0], **({"references": references} if pictures else {})}
    if len(pictures) > 1:
        first, last = ({"uri": uri, "position": at} for uri, at in zip(pictures, ("first", "last"), strict=True))
        return {"promptImage": [first, last]}
    return {"promptImage": pictures[0]} if pictures else {}


def endpoint(model: str, modality: Modality, body: Mapping[str, Any]) -> str:
    """The endpoint's path for a body."""
    if model in _SINGLE:
        return f"/v1/{_SINGLE[model]}"
    if modality is Modality.IMAGE:
        return "/v1/text_to_image"
    if "videoUri" in body or "promptVideo" in body:
        return "/v1/video_to_video"
    return "/v1/image_to_video" if "promptImage" in body else "/v1/text_to_video"
