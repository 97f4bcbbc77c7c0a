"""What the judges share: the outputs of a run one by one, and the worst judgement for all."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from genblaze import Asset, EvaluationResult, Evaluator, PipelineResult

__all__ = ["FileJudge", "Judgement", "UnreadableError", "outputs_of", "share", "summed_up"]


class UnreadableError(Exception):
    """A file that cannot be judged; the text says why, for people."""


class Judgement(NamedTuple):
    """What is to be said about one file.

    Attributes:
        passed: Whether it is good enough.
        score: From 0 (worst) to 1 (best).
        feedback: What to do better.
        measured: What was measured, by name.
    """

    passed: bool
    score: float
    feedback: str
    measured: dict[str, Any]


class FileJudge(Evaluator):
    """Judges every output of some kinds, file by file.

    Attributes:
        kinds: Kinds of media that it judges (`image`, `video`, `audio`).
    """

    kinds: ClassVar[tuple[str, ...]]

    @abstractmethod
    def judge(self, path: Path, asset: Asset) -> Judgement:
        """Judge one file.

        Raises:
            UnreadableError: It cannot be judged.
        """

    def evaluate(self, result: PipelineResult) -> EvaluationResult:
        """Judge the outputs of the last step that made any of these kinds; the worst one counts."""
        outputs = list(outputs_of(result, self.kinds))
        if not outputs:
            wanted = " or ".join(self.kinds)
            return EvaluationResult(passed=False, score=0.0, feedback=f"the run made no {wanted} that lies here")
        return summed_up((path, self._judged(path, asset)) for path, asset in outputs)

    def _judged(self, path: Path, asset: Asset) -> Judgement:
        try:
            return self.judge(path, asset)
        except UnreadableError as error:
            return Judgement(passed=False, score=0.0, feedback=str(error), measured={})


def outputs_of(result: PipelineResult, kinds: tuple[str, ...]) -> Iterator[tuple[Path, Asset]]:
    """The local files of some kinds that the last step made which made any."""
    for step in reversed(result.run.steps):
        found = [asset for asset in step.assets if asset.media_type.partition("/")[0] in kinds]
        paths = [(path, asset) for asset in found if (path := result.local_path(asset)) is not None]
        if paths:
            yield from paths
            return


def summed_up(judged: Iterable[tuple[Path, Judgement]]) -> EvaluationResult:
    """One judgement of all files: the lowest score, and the feedback of all that did not pass."""
    files = list(judged)
    failed = [(path, each) for path, each in files if not each.passed]
    feedback = "; ".join(dict.fromkeys(each.feedback for _, each in failed))
    return EvaluationResult(
        passed=not failed,
        score=min(each.score for _, each in files),
        feedback=feedback or None,
        metadata={path.name: each.measured for path, each in files},
    )


def share(measured: float, wanted: float) -> float:
    """A score for a measure of which more is better: 0.5 where it is what is wanted, towards 1 above it."""
    return measured / (measured + wanted) if measured > 0 else 0.0
