"""Runway for genblaze: videos and pictures out of text, pictures and videos."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze_http import lazy_names

if TYPE_CHECKING:
    from genblaze_runway.provider import RunwayProvider as RunwayProvider

__all__ = ["RunwayProvider"]
__getattr__, __dir__ = lazy_names(__name__, {"RunwayProvider": "provider"})
