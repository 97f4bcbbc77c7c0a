"""Judges for agent loops that need no key and no network: pictures, sounds, durations."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genblaze_evaluators.durations import Duration as Duration
    from genblaze_evaluators.pictures import Blank as Blank
    from genblaze_evaluators.pictures import Exposure as Exposure
    from genblaze_evaluators.pictures import Sharpness as Sharpness
    from genblaze_evaluators.repeats import Repeats as Repeats
    from genblaze_evaluators.sounds import Clipping as Clipping
    from genblaze_evaluators.sounds import Silence as Silence

_HOMES = {
    "Blank": "pictures",
    "Clipping": "sounds",
    "Duration": "durations",
    "Exposure": "pictures",
    "Repeats": "repeats",
    "Sharpness": "pictures",
    "Silence": "sounds",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
