"""Luma's Dream Machine API as data: address, and the models with what they make."""

from __future__ import annotations

from datetime import date

from genblaze.catalogue import KnownModel
from genblaze.models.enums import Modality
from genblaze_http import Vendor

#: What Luma makes, videos first of all.
MAKES = (Modality.VIDEO, Modality.IMAGE)
_MODELS = {
    "ray-2": Modality.VIDEO,
    "ray-flash-2": Modality.VIDEO,
    "photon-1": Modality.IMAGE,
    "photon-flash-1": Modality.IMAGE,
}

LUMA = Vendor(
    name="Luma",
    base_url="https://api.lumalabs.ai/dream-machine/v1",
    base_url_variable="LUMAAI_BASE_URL",
    key_variables=("LUMAAI_API_KEY",),
    takes=("url", "presigned"),
    models=tuple(
        KnownModel(name=name, modality=made, source="lumaai 1.21.0", checked=date(2026, 11, 22))
        for name, made in _MODELS.items()
    ),
)
"""The vendor; it reads inputs from URLs only."""
