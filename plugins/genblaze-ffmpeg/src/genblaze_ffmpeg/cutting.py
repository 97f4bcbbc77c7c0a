"""A part of a video or of a sound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from genblaze_ffmpeg.formats import format_like
from genblaze_ffmpeg.operations import Operation, only, refuse
from genblaze_ffmpeg.recipes import Recipe, filtered_video

if TYPE_CHECKING:
    from genblaze_ffmpeg.program import Program
    from genblaze_ffmpeg.sources import Source

Seconds = Annotated[float, Meta(ge=0, le=86_400)]


class Trim(Operation, frozen=True, tag="trim"):
    """A part of a video or a sound, to the frame.

    Attributes:
        start: Seconds from the beginning.
        end: Seconds from the beginning; to the end unless given.
        duration: Seconds; instead of `end`.
    """

    start: Seconds = 0.0
    end: Seconds | None = None
    duration: Seconds | None = None

    def __post_init__(self) -> None:
        """Refuse parts that are none."""
        if self.end is not None and self.duration is not None:
            msg = "trim takes end or duration, not both"
            raise ValueError(msg)
        if self.length == 0 or (self.length is not None and self.length < 0):
            msg = "trim would leave nothing: end must be after start, duration greater than 0"
            raise ValueError(msg)

    @property
    def length(self) -> float | None:
        """Seconds that are left; None for all that follow."""
        return self.duration if self.end is None else self.end - self.start

    async def recipe(self, sources: Sequence[Source], program: Program) -> Recipe:  # noqa: ARG002 - nothing to measure
        """Code again from the first frame that is wanted: to take over would begin at a key frame."""
        source = only(sources, "trim")
        if source.is_picture:
            refuse("trim needs a video or a sound, not a picture")
        if source.duration is not None and self.start >= source.duration:
            refuse(f"trim begins at {self.start:g} s, and the input has only {source.duration:g} s")
        output = format_like(source.asset)
        rest = None if source.duration is None else source.duration - self.start
        lengths = [each for each in (self.length, rest) if each is not None]
        shown = bool(source.video and output.video)
        heard = bool(source.audio and output.audio)
        return Recipe(
            format=output,
            inputs=((source, ("-ss", f"{self.start:.6f}")),),
            graph=filtered_video("[0:v:0]null", output) if shown else "",
            streams=(*(("[video]",) if shown else ()), *(("0:a:0",) if heard else ())),
            coding=(*(output.video if shown else ()), *(output.audio if heard else ())),
            seconds=min(lengths, default=None),
            limit=self.length,
        )
