"""Judges for agent loops that need no key and no network: pictures, sounds, durations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze.lazy import loads_at_first_use

if TYPE_CHECKING:
    from genblaze_evaluators.durations import Duration as Duration
    from genblaze_evaluators.pictures import Blank as Blank
    from genblaze_evaluators.pictures import Exposure as Exposure
    from genblaze_evaluators.pictures import Sharpness as Sharpness
    from genblaze_evaluators.repeats import Repeats as Repeats
    from genblaze_evaluators.sounds import Clipping as Clipping
    from genblaze_evaluators.sounds import Silence as Silence

__all__ = ["Blank", "Clipping", "Duration", "Exposure", "Repeats", "Sharpness", "Silence"]

__getattr__, __dir__, _ = loads_at_first_use(
    __name__,
    {
        "genblaze_evaluators.durations": "Duration",
        "genblaze_evaluators.pictures": "Blank Exposure Sharpness",
        "genblaze_evaluators.repeats": "Repeats",
        "genblaze_evaluators.sounds": "Clipping Silence",
    },
)
