"""A judge of pictures that look alike, by a perceptual hash."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from genblaze import EvaluationResult, Evaluator, PipelineResult
from genblaze_evaluators.judging import Judgement, UnreadableError, outputs_of, summed_up
from genblaze_evaluators.pictures import decoded

__all__ = ["Repeats", "fingerprint"]

EDGE: Final = 8
BITS: Final = EDGE * EDGE


class Repeats(Evaluator):
    """Refuses pictures that look like one another, or like pictures that are there already.

    Two pictures look alike when their difference hashes do: for each of 64 places, whether it is brighter than its
    neighbour. Another size, another format or a little noise leaves that nearly as it was.

    Args:
        references: Pictures that are there already.
        least: Bits, of 64, in which pictures must differ to pass.

    Raises:
        UnreadableError: A reference cannot be decoded.
    """

    def __init__(self, references: Iterable[str | Path] = (), least: int = 10) -> None:
        self.least = least
        self._known = [(Path(path).name, fingerprint(Path(path))) for path in references]

    def evaluate(self, result: PipelineResult) -> EvaluationResult:
        """Compare each picture of the last step that made any with those before it."""
        paths = [path for path, _ in outputs_of(result, ("image",))]
        if not paths:
            return EvaluationResult(passed=False, score=0.0, feedback="the run made no image that lies here")
        seen, judged = list(self._known), []
        for path in paths:
            try:
                found = fingerprint(path)
            except UnreadableError as error:
                judged.append((path, Judgement(passed=False, score=0.0, feedback=str(error), measured={})))
                continue
            judged.append((path, self._compared(found, seen)))
            seen.append((path.name, found))
        return summed_up(judged)

    def _compared(self, found: int, seen: list[tuple[str, int]]) -> Judgement:
        distance, name = min(((found ^ other).bit_count(), name) for name, other in [*seen, ("", ~found % (1 << BITS))])
        feedback = f"the picture looks like {name} ({distance} of {BITS} bits differ): ask for another composition"
        return Judgement(distance >= self.least, distance / BITS, feedback, {"distance": distance})


def fingerprint(path: Path) -> int:
    """The difference hash of a picture: 64 bits, of which few differ between pictures that look alike.

    Raises:
        UnreadableError: It cannot be decoded.
    """
    with decoded(path) as picture:
        small = picture.convert("L").resize((EDGE + 1, EDGE), Image.Resampling.LANCZOS)
    grey = np.asarray(small, dtype=np.int16)
    return int.from_bytes(np.packbits(grey[:, 1:] > grey[:, :-1]).tobytes())
