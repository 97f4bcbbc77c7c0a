"""Acme Box as a store of genblaze."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genblaze_acme_box.store import AcmeBoxStore as AcmeBoxStore

__all__ = ["AcmeBoxStore"]


def __getattr__(name: str) -> Any:  # genblaze imports this package to find its hooks, so it stays cheap
    if name == "AcmeBoxStore":
        from genblaze_acme_box.store import AcmeBoxStore

        return AcmeBoxStore
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
