"""Runway for genblaze: videos and pictures out of text, pictures and videos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genblaze_runway.provider import RunwayProvider as RunwayProvider

__all__ = ["RunwayProvider"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from genblaze_runway.provider import RunwayProvider

    return RunwayProvider


def __dir__() -> list[str]:
    return [*globals(), *__all__]
