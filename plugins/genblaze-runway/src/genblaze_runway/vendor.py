"""Runway's API as data: address, version, refusals, and the models whose price is known."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from genblaze.catalogue import KnownModel
from genblaze.models.enums import Modality, ProviderErrorCode
from genblaze_http import Vendor

if TYPE_CHECKING:
    from genblaze_http import Answer

#: What Runway makes, videos first of all.
MAKES = (Modality.VIDEO, Modality.IMAGE)
#: US dollars of a credit.
CREDIT = 0.01


def _models(modality: Modality, prices: dict[str, str]) -> list[KnownModel]:
    source, checked = "docs.dev.runwayml.com/guides/pricing", date(2026, 11, 22)
    return [
        KnownModel(name=name, modality=modality, price=f"{price}, 0.01 USD each", source=source, checked=checked)
        for name, price in prices.items()
    ]


MODELS = (
    *_models(
        Modality.VIDEO,
        {
            "gen4.5": "12 credits per second",
            "gen4_turbo": "5 credits per second",
            "aleph2": "28 credits per second, at least 56",
            "veo3.1": "40 credits per second with sound, 20 without",
            "veo3.1_fast": "15 credits per second with sound, 10 without",
        },
    ),
    *_models(
        Modality.IMAGE,
        {"gen4_image": "5 credits (720p) or 8 (1080p)", "gen4_image_turbo": "2 credits"},
    ),
)


def _judge(answer: Answer) -> ProviderErrorCode | None:
    """A model that Runway does not know is a problem of the body's field `model`, like any other with status 400."""
    issues = answer.body.get("issues") if isinstance(answer.body, dict) else None
    paths = [issue.get("path") for issue in issues or [] if isinstance(issue, dict)]
    return ProviderErrorCode.MODEL_ERROR if ["model"] in paths else None


RUNWAY = Vendor(
    name="Runway",
    base_url="https://api.dev.runwayml.com",
    base_url_variable="RUNWAYML_BASE_URL",
    key_variables=("RUNWAYML_API_SECRET",),
    headers={"X-Runway-Version": "2024-11-06"},
    judge=_judge,
    takes=("url", "data", "upload"),
    max_data_uri=3_700_000,  # 5 MB as base64, as Runway takes of pictures; what is longer is uploaded
    models=MODELS,
)
"""The vendor; it answers nothing without the version in `headers`."""
