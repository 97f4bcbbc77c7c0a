"""Replicate for genblaze: pictures, videos, sound and text by its models, versions and deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze_http import lazy_names

if TYPE_CHECKING:
    from genblaze_replicate.provider import ReplicateProvider as ReplicateProvider

__all__ = ["ReplicateProvider"]
__getattr__, __dir__ = lazy_names(__name__, {"ReplicateProvider": "provider"})
