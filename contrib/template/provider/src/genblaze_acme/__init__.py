"""Acme images for genblaze."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genblaze_acme.provider import AcmeProvider as AcmeProvider

__all__ = ["AcmeProvider"]


def __getattr__(name: str) -> Any:  # genblaze imports this package to find its hooks, so it stays cheap
    if name == "AcmeProvider":
        from genblaze_acme.provider import AcmeProvider

        return AcmeProvider
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
