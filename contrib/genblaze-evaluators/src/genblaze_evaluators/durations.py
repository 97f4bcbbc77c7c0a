"""A judge of durations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genblaze import Asset, EvaluationResult, Evaluator, PipelineResult
from genblaze_evaluators.judging import Judgement, UnreadableError, outputs_of, summed_up

__all__ = ["Duration"]


class Duration(Evaluator):
    """Refuses sound and video that last other than they should.

    The duration is what the record says, which genblaze read from the file; for sound that it could not read, what
    libsndfile reads.

    Args:
        seconds: What is wanted. Without it what the step asked for (`duration=` or `seconds=`), and where it asked for
            none, anything but nothing.
        tolerance: Greatest difference that passes, as a share of what is wanted.
    """

    def __init__(self, seconds: float | None = None, tolerance: float = 0.1) -> None:
        self.seconds = seconds
        self.tolerance = tolerance

    def evaluate(self, result: PipelineResult) -> EvaluationResult:
        """Judge the outputs of the last step that made sound or video."""
        outputs = list(outputs_of(result, ("audio", "video")))
        if not outputs:
            text = "the run made no audio or video that lies here"
            return EvaluationResult(passed=False, score=0.0, feedback=text)
        wanted = self.seconds or _asked(result, outputs[0][1])
        return summed_up((path, self._judged(path, asset, wanted)) for path, asset in outputs)

    def _judged(self, path: Path, asset: Asset, wanted: float | None) -> Judgement:
        try:
            found = asset.duration or _read(path)
        except UnreadableError as error:
            return Judgement(passed=False, score=0.0, feedback=str(error), measured={})
        measured = {"seconds": found, "wanted": wanted}
        if wanted is None:
            return Judgement(found > 0, float(found > 0), "it lasts no time at all", measured)
        off = abs(found - wanted) / wanted
        feedback = f"it lasts {found:.1f} s, not {wanted:g} s"
        return Judgement(off <= self.tolerance, max(0.0, 1 - off), feedback, measured)


def _asked(result: PipelineResult, asset: Asset) -> float | None:
    """Seconds that the step which made an asset was asked for."""
    step = next(step for step in result.run.steps if asset in step.assets)
    told: Any = step.params.get("duration", step.params.get("seconds"))
    try:
        seconds = float(str(told).removesuffix("s"))
    except ValueError:
        return None
    return seconds if seconds > 0 else None


def _read(path: Path) -> float:
    from genblaze_evaluators.sounds import opened

    with opened(path) as file:
        return float(file.frames / file.samplerate)
