"""Steps that are not simply generated: retried, cached, iterated."""

from __future__ import annotations

import tempfile

from benchmarks.scenarios.samples import Instant, pipeline
from benchmarks.scenarios.timing import seconds
from genblaze_core import AgentLoop, CallableEvaluator, EvaluationResult, StepCache
from genblaze_core.providers import RetryPolicy

STEPS = 100
ITERATIONS = 10


def measure() -> dict[str, float]:
    """Seconds per step (`retry`: one failure each; `cache hit`), and per iteration of an agent loop."""
    return {"retry": _retry(), "cache hit": _cache_hit(), "agent iteration": _agent()}


def _retry() -> float:
    made = pipeline(STEPS, _failing_once())
    return seconds(lambda: made.run(raise_on_failure=True, max_retries=2)) / STEPS


def _failing_once() -> Instant:
    policy = RetryPolicy(max_attempts=3, initial_backoff_sec=0.0, max_backoff_sec=0.0)
    return Instant(failures=1, retry_policy=policy)


def _cache_hit() -> float:
    with tempfile.TemporaryDirectory() as folder:
        made = pipeline(STEPS, Instant()).cache(StepCache(folder))
        made.run(raise_on_failure=True)
        return seconds(lambda: made.run(raise_on_failure=True)) / STEPS


def _agent() -> float:
    loop = AgentLoop(
        lambda _: pipeline(1, Instant()),
        CallableEvaluator(lambda _: EvaluationResult(passed=False, score=0.0)),
        max_iterations=ITERATIONS,
    )
    return seconds(loop.run) / ITERATIONS
