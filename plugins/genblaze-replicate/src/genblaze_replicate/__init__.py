"""Replicate for genblaze: pictures, videos, sound and text by its models, versions and deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genblaze_replicate.provider import ReplicateProvider as ReplicateProvider

__all__ = ["ReplicateProvider"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from genblaze_replicate.provider import ReplicateProvider

    return ReplicateProvider


def __dir__() -> list[str]:
    return [*globals(), *__all__]
