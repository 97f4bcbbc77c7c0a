"""When the steps of a run ran, as bars that stand below each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from genblaze import Step

__all__ = ["WIDTH", "Bar", "bars"]

WIDTH = 1000
"""Units from the beginning of a run's first step to the end of its last."""

_LEAST = 4


@dataclass(frozen=True)
class Bar:
    """A step's time.

    Attributes:
        x: Where it begins, in units.
        width: How long it is, in units.
        seconds: How long it took.
    """

    x: float
    width: float
    seconds: float


def bars(steps: list[Step]) -> dict[int, Bar]:
    """The bar of each step that has begun and ended, by its position in the run."""
    timed = {index: times for index, step in enumerate(steps) if (times := _times(step)) is not None}
    if not timed:
        return {}
    begin = min(started for started, _ in timed.values())
    unit = max((ended - begin).total_seconds() for _, ended in timed.values()) / WIDTH or 1.0
    return {
        index: _bar((started - begin).total_seconds(), (ended - started).total_seconds(), unit)
        for index, (started, ended) in timed.items()
    }


def _bar(offset: float, duration: float, unit: float) -> Bar:
    width = max(duration / unit, _LEAST)
    return Bar(round(min(offset / unit, WIDTH - width), 1), round(width, 1), duration)


def _times(step: Step) -> tuple[datetime, datetime] | None:
    """Begin and end, if both are known and in that order."""
    started, ended = step.started_at, step.completed_at
    if started is None or ended is None:
        return None
    started, ended = _in_utc(started), _in_utc(ended)
    return (started, ended) if started <= ended else None


def _in_utc(when: datetime) -> datetime:
    """Other programs write times without a zone and mean UTC."""
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when
