"""`FFmpegCompositor`: muxes video and sound, puts clips one behind the other, lays one over another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from genblaze.models import Modality, StepType
from genblaze_ffmpeg.formats import FORMATS, Format, format_like
from genblaze_ffmpeg.operations import Operation, refuse
from genblaze_ffmpeg.provider import FFmpegProvider
from genblaze_ffmpeg.recipes import Recipe, filtered_video, least, taken_over

if TYPE_CHECKING:
    from genblaze_ffmpeg.program import Program
    from genblaze_ffmpeg.sources import Source

Pixels = Annotated[int, Meta(ge=-16_384, le=16_384)]
Side = Annotated[int, Meta(ge=2, le=16_384)]
Share = Annotated[float, Meta(ge=0, le=1)]

_RATE = 48_000


class Mux(Operation, frozen=True, tag="mux"):
    """The first video with the first sound, as an MP4 file; codecs that MP4 holds are taken over.

    Attributes:
        shortest: End with the shorter of the two.
    """

    step_type: ClassVar[StepType] = StepType.MIX

    shortest: bool = True

    async def recipe(self, sources: Sequence[Source], program: Program) -> Recipe:  # noqa: ARG002 - nothing to measure
        """Pictures of the one, sound of the other."""
        video = _first(sources, "video")
        audio = _first(sources, "audio")
        output = FORMATS["mp4"]
        seconds = least([video.duration, audio.duration])
        return Recipe(
            format=output,
            inputs=((video, ()), (audio, ())),
            streams=("0:v:0", "1:a:0"),
            coding=(
                *taken_over(video.video, output, "v"),
                *taken_over(audio.audio, output, "a"),
                *(("-shortest",) if self.shortest and seconds is None else ()),
            ),
            seconds=seconds,
            limit=seconds if self.shortest else None,
        )


class Concat(Operation, frozen=True, tag="concat"):
    """Clips one behind the other, in the order of the inputs; all videos or all sounds.

    Videos are fitted into the size of the first, with black around them; one without sound is silent among others.
    """

    step_type: ClassVar[StepType] = StepType.MIX

    async def recipe(self, sources: Sequence[Source], program: Program) -> Recipe:  # noqa: ARG002 - nothing to measure
        """Every clip in the same form, then one after the other."""
        if len(sources) < 2:
            refuse(f"concat needs two inputs or more, not {len(sources)}")
        shown = sources[0].video is not None
        if any((source.video is not None) != shown or source.is_picture for source in sources):
            refuse("concat needs inputs of one kind: all videos, or all sounds")
        output = format_like(sources[0].asset)
        heard = bool(output.audio) and any(source.audio for source in sources)
        return Recipe(
            format=output,
            inputs=tuple((source, ()) for source in sources),
            graph=";".join(_joined(sources, output, shown=shown, heard=heard)),
            streams=(*(("[video]",) if shown else ()), *(("[audio]",) if heard else ())),
            # Each clip keeps its own frame rate; ffmpeg 5 would look for one that suits all, and find a million.
            coding=(*(output.video if shown else ()), "-fps_mode", "vfr", *(output.audio if heard else ())),
            seconds=sum(source.duration or 0.0 for source in sources),
        )


class Overlay(Operation, frozen=True, tag="overlay"):
    """The second input, a picture or a video, over the first; sound is that of the first.

    Attributes:
        x: Pixels from the left; negative ones from the right.
        y: Pixels from the top; negative ones from the bottom.
        width: Width of what lies above, in pixels; its own unless given.
        opacity: 0 is invisible, 1 hides what lies below.
    """

    x: Pixels = 0
    y: Pixels = 0
    width: Side | None = None
    opacity: Share = 1.0

    async def recipe(self, sources: Sequence[Source], program: Program) -> Recipe:  # noqa: ARG002 - nothing to measure
        """One over the other, as long as the lower one lasts."""
        if len(sources) != 2 or not all(source.video for source in sources):
            refuse("overlay needs two inputs with pictures: what lies below, then what lies above")
        below, above = sources
        output = format_like(below.asset)
        scale = "" if self.width is None else f"scale={self.width}:-1,"
        left = f"{self.x}" if self.x >= 0 else f"main_w-overlay_w-{-self.x}"
        top = f"{self.y}" if self.y >= 0 else f"main_h-overlay_h-{-self.y}"
        graph = (
            f"[1:v:0]{scale}format=rgba,colorchannelmixer=aa={self.opacity:g}[above];"
            f"{filtered_video(f'[0:v:0][above]overlay=x={left}:y={top}:eof_action=repeat:format=auto', output)}"
        )
        return Recipe(
            format=output,
            inputs=((below, ()), (above, ())),
            graph=graph,
            streams=("[video]", *(("0:a:0",) if below.audio and output.audio else ())),
            coding=(*output.video, *(taken_over(below.audio, output, "a") if output.audio else ())),
            seconds=below.duration,
            limit=None if below.is_picture else below.duration,
        )


class FFmpegCompositor(FFmpegProvider):
    """Puts media together. The parameter `operation` says how; any model name will do.

    - `mux` (unless another is named): the first video with the first sound. `shortest` (true).
    - `concat`: the inputs one behind the other.
    - `overlay`: the second input over the first. `x`, `y` (0), `width`, `opacity` (1).
    """

    name = "ffmpeg-compositor"
    modalities = (Modality.VIDEO, Modality.AUDIO, Modality.IMAGE)
    operations = Mux | Concat | Overlay
    usual_operation = "mux"
    takes = ("video", "audio", "image")


def _first(sources: Sequence[Source], kind: str) -> Source:
    for source in sources:
        if source.asset.media_type.startswith(f"{kind}/"):
            if getattr(source, kind) is None:
                refuse(f"the {kind} input has no {kind} in it")
            return source
    what = ", ".join(source.asset.media_type for source in sources) or "no input"
    refuse(f"mux needs a video and a sound; there is no {kind} among its inputs ({what})")


def _joined(sources: Sequence[Source], output: Format, *, shown: bool, heard: bool) -> Iterator[str]:
    """The filters that put clips one behind the other."""
    labels = ""
    for index, source in enumerate(sources):
        yield from _clip(index, source, sources[0], heard=heard)
        labels += (f"[v{index}]" if shown else "") + (f"[a{index}]" if heard else "")
    made = ("[joined]" if shown else "") + ("[audio]" if heard else "")
    yield f"{labels}concat=n={len(sources)}:v={int(shown)}:a={int(heard)}{made}"
    if shown:
        yield filtered_video("[joined]null", output)


def _clip(index: int, source: Source, first: Source, *, heard: bool) -> list[str]:
    """The filters that bring one clip into the form of the first."""
    chains = []
    if source.video:
        width, height = (side + side % 2 for side in first.size)
        fit = f"scale={width}:{height}:force_original_aspect_ratio=decrease"
        chains.append(f"[{index}:v:0]{fit},pad={width}:{height}:-1:-1,setsar=1,format=yuv420p[v{index}]")
    if heard and source.audio:
        chains.append(f"[{index}:a:0]aresample={_RATE},aformat=channel_layouts=stereo[a{index}]")
    elif heard:
        chains.append(f"aevalsrc=0|0:s={_RATE}:d={source.duration or 0:g}[a{index}]")
    return chains
