"""Replicate's API as data: address, refusals, and the models whose price is known."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from genblaze.catalogue import KnownModel
from genblaze.models.enums import Modality, ProviderErrorCode
from genblaze_http import Vendor

if TYPE_CHECKING:
    from genblaze_http import Answer

#: US dollars per picture (replicate.com/pricing).
PICTURE = {
    "black-forest-labs/flux-schnell": 0.003,
    "black-forest-labs/flux-dev": 0.025,
    "black-forest-labs/flux-1.1-pro": 0.04,
    "ideogram-ai/ideogram-v3-quality": 0.09,
}

MODELS = tuple(
    KnownModel(
        name=name,
        modality=Modality.IMAGE,
        price=f"{price:g} USD per picture",
        source="replicate.com/pricing",
        checked=date(2026, 10, 7),
    )
    for name, price in PICTURE.items()
)


def _judge(answer: Answer) -> ProviderErrorCode | None:
    """A version that is gone has no status of its own: only the text tells it from bad input."""
    gone = answer.status == 422 and "invalid version or not permitted" in answer.message.lower()
    return ProviderErrorCode.MODEL_ERROR if gone else None


REPLICATE = Vendor(
    name="Replicate",
    base_url="https://api.replicate.com",
    base_url_variable="REPLICATE_BASE_URL",
    key_variables=("REPLICATE_API_TOKEN",),
    judge=_judge,
    takes=("url", "presigned", "data", "upload"),
    max_data_uri=256 * 1024,
    models=MODELS,
)
"""The vendor; larger inputs than `max_data_uri` are uploaded."""
