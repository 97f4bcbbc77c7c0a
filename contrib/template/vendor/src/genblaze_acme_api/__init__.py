"""Acme Api images for genblaze, by an HTTP API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze_http import lazy_names

if TYPE_CHECKING:
    from genblaze_acme_api.provider import AcmeApiProvider as AcmeApiProvider

__all__ = ["AcmeApiProvider"]
__getattr__, __dir__ = lazy_names(__name__, {"AcmeApiProvider": "provider"})
