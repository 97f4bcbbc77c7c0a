"""The plugins: one for each evaluator, since an evaluator is selected by its name and the hook is not told it."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import TYPE_CHECKING

import genblaze_evaluators
from genblaze import Capability, hookimpl

if TYPE_CHECKING:
    from genblaze import EvaluationResult, PipelineResult


class Named:
    """An evaluator under a name, with its usual settings.

    Args:
        key: The name that agent loops use.
        class_name: The public class that judges.
        summary: One line for people.
    """

    def __init__(self, key: str, class_name: str, summary: str) -> None:
        self.key = key
        self.class_name = class_name
        self.summary = summary

    @hookimpl
    def provides(self) -> Iterable[Capability]:
        """One evaluator."""
        return [Capability(hook="evaluate", key=self.key, summary=self.summary)]

    @hookimpl
    def evaluate(self, result: PipelineResult) -> Awaitable[EvaluationResult]:
        """Judge a result."""
        judge = getattr(genblaze_evaluators, self.class_name)()
        judged: Awaitable[EvaluationResult] = judge.aevaluate(result)
        return judged


blank = Named("image-blank", "Blank", "Refuses pictures that show nothing or cannot be decoded")
exposure = Named("image-exposure", "Exposure", "Refuses pictures that are too dark or too bright")
repeats = Named("image-repeats", "Repeats", "Refuses pictures of one run that look alike")
sharpness = Named("image-sharpness", "Sharpness", "Refuses blurred pictures")
clipping = Named("audio-clipping", "Clipping", "Refuses sound that is cut off at full scale")
silence = Named("audio-silence", "Silence", "Refuses sound that is silent for most of its time")
duration = Named("media-duration", "Duration", "Refuses sound and video that last other than asked for")
