"""What genblaze loads: the hooks of the plugin, and no heavy import."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import TYPE_CHECKING

from genblaze import Capability, hookimpl

if TYPE_CHECKING:
    from genblaze import EvaluationResult, PipelineResult


@hookimpl
def provides() -> Iterable[Capability]:
    """One evaluator, by the name that agent loops use."""
    return [Capability(hook="evaluate", key="acme-variety", summary="Acme Variety: refuses pictures of one colour")]


@hookimpl
def evaluate(result: PipelineResult) -> Awaitable[EvaluationResult]:
    """Judge a result."""
    from genblaze_acme_variety.evaluator import AcmeVarietyEvaluator

    return AcmeVarietyEvaluator().aevaluate(result)
