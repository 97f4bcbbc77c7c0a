"""The contract of evaluators: a judgement that a loop can use, and nothing changed or lost.

```python
class TestSharp(EvaluatorContract):
    evaluator = "sharp"                          # a name with `plugin`, or an object with evaluate(result)
    plugin = _plugin
    good, bad = SHARP_PNG, BLURRED_PNG           # contents of files
```
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from genblaze.agents import AgentLoop, EvaluationResult
from genblaze.models.asset import Asset
from genblaze.models.enums import Modality
from genblaze.providers.provider import SyncProvider
from genblaze.sync import run_sync
from genblaze.testing.contract import Contract, skip
from genblaze.testing.isolated import plugins_with

if TYPE_CHECKING:
    from genblaze.pipeline import Pipeline, PipelineResult
    from genblaze.plugins import PluginManager

__all__ = ["EvaluatorContract"]


class EvaluatorContract(Contract):
    """What an agent loop relies on in its judge.

    Attributes:
        evaluator: An object with `evaluate(result)` or `aevaluate(result)`, or a name that `plugin` declares.
        plugin: The module or object with the hook, where `evaluator` is a name.
        good: Content of a file that passes.
        bad: Content of one that does not.
        media_type: What both are.
        score_range: Least and greatest score.
        repeatable: Whether equal files have equal scores.
    """

    evaluator: ClassVar[Any]
    plugin: ClassVar[Any] = None
    good: ClassVar[bytes]
    bad: ClassVar[bytes]
    media_type: ClassVar[str] = "image/png"
    score_range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    repeatable: ClassVar[bool] = True

    # --- the judgement -------------------------------------------------------------------------------------------

    def test_what_is_good_passes(self, tmp_path: Path) -> None:
        judged = self._judged(tmp_path, self.good)
        assert judged.passed is True, f"the good file did not pass: {judged}"

    def test_what_is_bad_does_not_pass_and_feedback_says_why(self, tmp_path: Path) -> None:
        judged = self._judged(tmp_path, self.bad)
        assert judged.passed is False, f"the bad file passed: {judged}"
        assert judged.feedback, "the bad file did not pass, and nothing says what to do better (feedback)"

    def test_a_score_is_a_number_in_range(self, tmp_path: Path) -> None:
        least, greatest = self.score_range
        for content in (self.good, self.bad):
            score = self._judged(tmp_path, content).score
            if score is None:
                continue
            assert isinstance(score, int | float), f"the score is {score!r}, no number"
            inside = math.isfinite(score) and least <= score <= greatest
            assert inside, f"the score {score} is not between {least} and {greatest}"

    def test_what_is_good_scores_no_less_than_what_is_bad(self, tmp_path: Path) -> None:
        good, bad = (self._judged(tmp_path, content).score for content in (self.good, self.bad))
        if good is None or bad is None:
            skip("it gives no score")
        assert good >= bad, f"the good file scores {good}, the bad one {bad}"

    def test_equal_files_are_judged_alike(self, tmp_path: Path) -> None:
        if not self.repeatable:
            skip("repeatable is False")
        first, second = (self._judged(tmp_path, self.bad) for _ in range(2))
        assert (first.passed, first.score) == (second.passed, second.score), f"{first} and then {second}"

    # --- nothing changed -----------------------------------------------------------------------------------------

    def test_it_changes_neither_the_file_nor_the_record(self, tmp_path: Path) -> None:
        result = self._result(tmp_path, self.good)
        before = _state(tmp_path), result.run.model_dump(mode="json")
        self._judge(result)
        assert _state(tmp_path) == before[0], "files were changed, added or removed"
        assert result.run.model_dump(mode="json") == before[1], "the record of the run was changed"

    # --- nothing lost --------------------------------------------------------------------------------------------

    def test_a_file_that_cannot_be_read_does_not_pass(self, tmp_path: Path) -> None:
        for content in (b"", b"no media at all"):
            outcome = self._loop(tmp_path, content).run(progress=False)
            assert not outcome.passed, f"{content!r} passed"

    def test_a_damaged_file_is_judged_and_is_no_error(self, tmp_path: Path) -> None:
        half = len(self.good) // 2
        for content in (b"", b"no media at all", self.good[:half], self.good[:half] + bytes(half)):
            judged = self._loop(tmp_path, content).run(progress=False).iterations[-1].evaluation
            raised = judged.metadata.get("evaluator_error")
            assert raised is None, f"{content[:20]!r}: {raised}; judge it as not passed, with feedback"

    def test_it_judges_in_a_loop(self, tmp_path: Path) -> None:
        outcome = self._loop(tmp_path, self.good).run(progress=False)
        assert outcome.passed, f"the loop did not end with the good file: {outcome.iterations[-1].evaluation}"

    # --- ---------------------------------------------------------------------------------------------------------

    def _plugins(self) -> PluginManager:
        return plugins_with() if self.plugin is None else plugins_with(evaluator_at_hand=self.plugin)

    def _pipeline(self, folder: Path, content: bytes) -> Pipeline:
        from genblaze.pipeline import Pipeline

        pipeline = Pipeline("judged", output_dir=folder, plugins=self._plugins(), embed=False)
        made = _Maker(folder, content, self.media_type)
        return pipeline.step(made, model="m", prompt="p", modality=Modality(self.media_type.partition("/")[0]))

    def _result(self, folder: Path, content: bytes) -> PipelineResult:
        return self._pipeline(folder, content).run(progress=False)

    def _judged(self, folder: Path, content: bytes) -> EvaluationResult:
        return self._judge(self._result(folder, content))

    def _judge(self, result: PipelineResult) -> EvaluationResult:
        judged: Any = run_sync(lambda: self._plugins().evaluate(self.evaluator, result))
        assert isinstance(judged, EvaluationResult), f"it returned {type(judged).__name__}, no EvaluationResult"
        assert isinstance(judged.passed, bool), f"passed is {judged.passed!r}, neither True nor False"
        return judged

    def _loop(self, folder: Path, content: bytes) -> AgentLoop:
        return AgentLoop(lambda _context: self._pipeline(folder, content), self.evaluator, max_iterations=2)


class _Maker(SyncProvider):
    """Makes the file that it was told to."""

    name = "maker"

    def __init__(self, folder: Path, content: bytes, media_type: str) -> None:
        super().__init__()
        self._folder, self._content, self._media_type = folder, content, media_type

    def generate(self, step: Any, config: Any = None) -> Any:  # noqa: ARG002 - the published signature
        """Write the file."""
        path = self._folder / f"{step.step_id}.{self._media_type.rpartition('/')[2]}"
        path.write_bytes(self._content)
        step.assets = [Asset(url=path.absolute().as_uri(), media_type=self._media_type)]
        return step


def _state(folder: Path) -> dict[str, tuple[str, int]]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns) for path in paths}
