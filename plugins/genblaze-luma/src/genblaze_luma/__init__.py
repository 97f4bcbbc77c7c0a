"""Luma (Dream Machine) for genblaze: videos and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genblaze_luma.provider import LumaProvider as LumaProvider

__all__ = ["LumaProvider"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from genblaze_luma.provider import LumaProvider

    return LumaProvider


def __dir__() -> list[str]:
    return [*globals(), *__all__]
