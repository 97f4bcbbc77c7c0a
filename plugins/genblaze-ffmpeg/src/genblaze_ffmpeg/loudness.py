"""An even loudness."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from msgspec import Meta

from genblaze.models import StepType
from genblaze_ffmpeg.formats import format_like
from genblaze_ffmpeg.operations import Operation, only, refuse
from genblaze_ffmpeg.recipes import Recipe, taken_over

if TYPE_CHECKING:
    from genblaze_ffmpeg.program import Program
    from genblaze_ffmpeg.sources import Source

#: loudnorm forgets how the channels lie, and ffmpeg 5 does not guess it again.
_LAYOUTS = "aformat=channel_layouts=mono|stereo|2.1|quad|5.0|5.1|7.1"
_REPORT = re.compile(r"\{[^{}]*\"input_i\"[^{}]*\}")


class AudioNormalize(Operation, frozen=True, tag="audio_normalize"):
    """An even loudness (EBU R 128), measured first and then set; pictures are taken over.

    Attributes:
        loudness: LUFS.
        true_peak: dBTP that no peak exceeds.
        range: LU between the loud and the quiet.
    """

    step_type: ClassVar[StepType] = StepType.TRANSCODE

    loudness: Annotated[float, Meta(ge=-70, le=-5)] = -16.0
    true_peak: Annotated[float, Meta(ge=-9, le=0)] = -1.5
    range: Annotated[float, Meta(ge=1, le=50)] = 11.0

    async def recipe(self, sources: Sequence[Source], program: Program) -> Recipe:
        """Measure, and set to what was measured."""
        source = only(sources, "audio_normalize")
        if source.audio is None:
            refuse("audio_normalize needs an input with sound")
        wanted = f"loudnorm=I={self.loudness:g}:TP={self.true_peak:g}:LRA={self.range:g}"
        output = format_like(source.asset)
        measured = await _measured(source, program, wanted)
        known = {
            "measured_I": "input_i",
            "measured_TP": "input_tp",
            "measured_LRA": "input_lra",
            "measured_thresh": "input_thresh",
            "offset": "target_offset",
        }
        settings = "".join(f":{name}={float(measured[key]):g}" for name, key in known.items())
        shown = bool(source.video and output.video)
        return Recipe(
            format=output,
            inputs=((source, ()),),
            graph=f"[0:a:0]{wanted}{settings}:linear=true,aresample={source.sample_rate},{_LAYOUTS}[audio]",
            streams=(*(("0:v:0",) if shown else ()), "[audio]"),
            coding=(*(taken_over(source.video, output, "v") if shown else ()), *output.audio),
            seconds=source.duration,
        )


async def _measured(source: Source, program: Program, wanted: str) -> dict[str, Any]:
    """What loudnorm says of a sound.

    Raises:
        ProviderError: There is nothing to hear.
    """
    arguments = [*source.arguments(), "-map", "0:a:0", "-af", f"{wanted}:print_format=json", "-f", "null", "-"]
    said = await program.run(arguments, names={str(source.path): "the input"})
    found = _REPORT.findall(said.errors)
    measured: dict[str, Any] = json.loads(found[-1]) if found else {}
    if not measured or "inf" in str(measured["input_i"]):
        refuse("audio_normalize found nothing to hear in the input")
    return measured
