"""Another format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from genblaze.errors import ProviderError
from genblaze.models import StepType
from genblaze_ffmpeg.formats import Format, format_named
from genblaze_ffmpeg.operations import Operation, only, refuse
from genblaze_ffmpeg.recipes import Recipe, taken_over

if TYPE_CHECKING:
    from genblaze_ffmpeg.program import Program
    from genblaze_ffmpeg.sources import Source


class ConvertFormat(Operation, frozen=True, tag="convert_format"):
    """Another format: streams that it holds are taken over, others coded anew, others yet left out.

    Attributes:
        format: Name of the format, such as `mp4`, `webm`, `gif`, `mp3`, `wav`, `png`.
    """

    step_type: ClassVar[StepType] = StepType.TRANSCODE

    format: str = "mp4"

    def __post_init__(self) -> None:
        """Refuse a format that there is not."""
        try:
            format_named(self.format)
        except ProviderError as error:
            raise ValueError(str(error)) from None

    async def recipe(self, sources: Sequence[Source], program: Program) -> Recipe:  # noqa: ARG002 - nothing to measure
        """Take over or code anew."""
        return _converted(only(sources, "convert_format"), format_named(self.format))


class ExtractAudio(ConvertFormat, frozen=True, tag="extract_audio"):
    """The sound of a video.

    Attributes:
        format: As for `convert_format`, a format of sound.
    """

    format: str = "m4a"

    def __post_init__(self) -> None:
        """Refuse a format that is none of sound alone."""
        super().__post_init__()
        if format_named(self.format).video:
            msg = f"extract_audio writes a format of sound, which {self.format} is not"
            raise ValueError(msg)


def _converted(source: Source, output: Format) -> Recipe:
    shown = bool(source.video and output.video)
    heard = bool(source.audio and output.audio)
    if not (shown or heard):
        refuse(f"there is nothing in {source.asset.media_type} that {output.media_type} could hold")
    return Recipe(
        format=output,
        inputs=((source, ()),),
        streams=(*(("0:v:0",) if shown else ()), *(("0:a:0",) if heard else ())),
        coding=(
            *(taken_over(source.video, output, "v") if shown else ()),
            *(taken_over(source.audio, output, "a") if heard else ()),
        ),
        seconds=source.duration,
    )
