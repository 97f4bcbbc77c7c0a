"""Luma (Dream Machine) for genblaze: videos and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze_http import lazy_names

if TYPE_CHECKING:
    from genblaze_luma.provider import LumaProvider as LumaProvider

__all__ = ["LumaProvider"]
__getattr__, __dir__ = lazy_names(__name__, {"LumaProvider": "provider"})
