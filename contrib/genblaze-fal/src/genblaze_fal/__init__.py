"""fal.ai for genblaze: pictures, videos and sound by the models that fal hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze_http import lazy_names

if TYPE_CHECKING:
    from genblaze_fal.prices import per_billable_unit as per_billable_unit
    from genblaze_fal.provider import FalProvider as FalProvider

__all__ = ["FalProvider", "per_billable_unit"]
__getattr__, __dir__ = lazy_names(__name__, {"FalProvider": "provider", "per_billable_unit": "prices"})
