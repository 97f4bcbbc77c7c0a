"""What is done to pictures, of videos and single ones: another size, a part, words over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec
from msgspec import Meta

from genblaze.models import StepType
from genblaze_ffmpeg.formats import Format, format_like
from genblaze_ffmpeg.operations import Operation, only, refuse
from genblaze_ffmpeg.recipes import Recipe, filtered_video, taken_over

if TYPE_CHECKING:
    from genblaze_ffmpeg.program import Program
    from genblaze_ffmpeg.sources import Source

Side = Annotated[int, Meta(ge=1, le=16_384)]
Offset = Annotated[int, Meta(ge=0, le=16_384)]
#: A number, or a formula of ffmpeg's such as `(w-text_w)/2`; nothing in it can end a filter or begin another.
Place = Annotated[str, Meta(pattern=r"^[\w.+\-*/() ]{1,100}\Z")]
Colour = Annotated[str, Meta(pattern=r"^(#|0x)?[A-Za-z0-9]{3,30}(@[0-9.]{1,6})?\Z")]
#: How the font is called in the working folder.
FONT = "font"


class Resize(Operation, frozen=True, tag="resize"):
    """Another size.

    Attributes:
        width: Pixels; in proportion where only the height is given.
        height: Pixels; in proportion where only the width is given.
    """

    step_type: ClassVar[StepType] = StepType.TRANSCODE

    width: Side | None = None
    height: Side | None = None

    def __post_init__(self) -> None:
        """Refuse a size without a number."""
        if self.width is None and self.height is None:
            msg = "resize needs width, height or both"
            raise ValueError(msg)

    async def recipe(self, sources: Sequence[Source], program: Program) -> Recipe:  # noqa: ARG002 - nothing to measure
        """Scale."""
        output = format_like(_seen(sources, "resize").asset)
        _check_even(output, width=self.width, height=self.height)
        rest = -2 if output.even else -1  # in proportion; -2 also makes it even
        scale = f"scale={self.width or rest}:{self.height or rest}:flags=bicubic,setsar=1"
        return _redrawn(sources[0], output, scale)


class Crop(Operation, frozen=True, tag="crop"):
    """A part of the picture.

    Attributes:
        width: Pixels.
        height: Pixels.
        x: Pixels from the left.
        y: Pixels from the top.
    """

    width: Side
    height: Side
    x: Offset = 0
    y: Offset = 0

    async def recipe(self, sources: Sequence[Source], program: Program) -> Recipe:  # noqa: ARG002 - nothing to measure
        """Cut out."""
        source = _seen(sources, "crop")
        output = format_like(source.asset)
        _check_even(output, width=self.width, height=self.height)
        if self.x + self.width > source.size[0] or self.y + self.height > source.size[1]:
            part = f"{self.width}x{self.height} at {self.x},{self.y}"
            refuse(f"crop of {part} is more than the picture has ({source.size[0]}x{source.size[1]})")
        return _redrawn(source, output, f"crop={self.width}:{self.height}:{self.x}:{self.y}:exact=1")


class OverlayText(Operation, frozen=True, tag="overlay_text"):
    """Words over the picture, as they stand: nothing in them is taken for a command.

    Attributes:
        text: The words.
        fontsize: Pixels.
        x: Where they begin: pixels from the left, or a formula such as `(w-text_w)/2`.
        y: Pixels from the top, or a formula.
        fontcolor: A name, or `#rrggbb`, with `@0.5` behind it for half transparent.
    """

    text: Annotated[str, Meta(min_length=1, max_length=10_000)]
    fontsize: Annotated[int, Meta(ge=1, le=2_000)] = 24
    x: Place | int = "10"
    y: Place | int = "10"
    fontcolor: Colour = "white"

    async def recipe(self, sources: Sequence[Source], program: Program) -> Recipe:
        """Draw. The words go through a file, so that no character of them can be part of a filter."""
        source = _seen(sources, "overlay_text")
        options = {
            "textfile": "words.txt",
            "expansion": "none",
            "fontsize": self.fontsize,
            "fontcolor": self.fontcolor,
            "x": self.x,
            "y": self.y,
        }
        if (program.folder / FONT).exists():
            options["fontfile"] = FONT
        draw = "drawtext=" + ":".join(f"{name}={value}" for name, value in options.items())
        recipe = _redrawn(source, format_like(source.asset), draw)
        return msgspec.structs.replace(recipe, texts={"words.txt": self.text})


def _seen(sources: Sequence[Source], operation: str) -> Source:
    source = only(sources, operation)
    if source.video is None:
        refuse(f"{operation} needs an input with pictures, and {source.asset.media_type} has none")
    return source


def _check_even(output: Format, **sides: int | None) -> None:
    odd = [f"{name} ({value})" for name, value in sides.items() if value is not None and value % 2]
    if odd and output.even:
        refuse(f"videos in {output.muxer} have even sides: change {' and '.join(odd)}")


def _redrawn(source: Source, output: Format, filters: str) -> Recipe:
    """Pictures through a filter, with the sound that they had."""
    heard = bool(source.audio and output.audio)
    return Recipe(
        format=output,
        inputs=((source, ()),),
        graph=filtered_video(f"[0:v:0]{filters}", output),
        streams=("[video]", *(("0:a:0",) if heard else ())),
        coding=(*output.video, *(taken_over(source.audio, output, "a") if heard else ())),
        seconds=source.duration,
    )
