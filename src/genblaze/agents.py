"""Agent loops: run a pipeline, judge the result, and try again with what was learnt."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Unpack

from genblaze.errors import GenblazeError, PipelineTimeoutError, PluginError
from genblaze.loops import come_home
from genblaze.models.enums import RunStatus
from genblaze.models.event import (
    AgentCompletedEvent,
    AgentIterationEvaluatedEvent,
    AgentIterationStartedEvent,
    StreamEvent,
)
from genblaze.models.record import new_id
from genblaze.sync import run_sync
from genblaze.threads import call

if TYPE_CHECKING:
    from genblaze.pipeline.builder import Pipeline
    from genblaze.pipeline.options import RunKeywords
    from genblaze.pipeline.plan import Plan
    from genblaze.pipeline.result import PipelineResult
    from genblaze.pipeline.stream import EventReader
    from genblaze.plugins import PluginManager


@dataclass
class EvaluationResult:
    """A judgement.

    Attributes:
        passed: Whether the result is good enough.
        score: How good it is; higher is better.
        feedback: What to do better, for the next attempt.
        metadata: Anything else the evaluator measured.
    """

    passed: bool
    score: float | None = None
    feedback: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


class Evaluator(ABC):
    """Judges the result of a pipeline."""

    @abstractmethod
    def evaluate(self, result: PipelineResult) -> EvaluationResult:
        """Judge `result`. Runs in a thread."""

    async def aevaluate(self, result: PipelineResult) -> EvaluationResult:
        """`evaluate` without blocking the event loop."""
        judged: EvaluationResult = await call(self.evaluate, result)
        return judged


class CallableEvaluator(Evaluator):
    """Judges with a function, `def` or `async def`, that returns an `EvaluationResult` or a bool."""

    def __init__(
        self, fn: Callable[[PipelineResult], EvaluationResult | bool | Awaitable[EvaluationResult | bool]]
    ) -> None:
        self._fn = fn

    def evaluate(self, result: PipelineResult) -> EvaluationResult:
        """Call the function and wait for its answer."""
        if not inspect.iscoroutinefunction(self._fn):
            answer = self._fn(result)
            return _judgement(run_sync(lambda: _awaited(answer)) if inspect.isawaitable(answer) else answer)
        return run_sync(lambda: self.aevaluate(result))

    async def aevaluate(self, result: PipelineResult) -> EvaluationResult:
        """Call the function without blocking the event loop."""
        return _judgement(await call(self._fn, result))


class ThresholdEvaluator(Evaluator):
    """Passes results whose score reaches a threshold.

    Args:
        score_fn: Gives a result's score, `def` or `async def`.
        threshold: The score that passes.
        higher_is_better: False when lower scores are better.
        feedback_fn: Makes feedback of a failing result and its score.
    """

    def __init__(
        self,
        score_fn: Callable[[PipelineResult], Any],
        threshold: float,
        *,
        higher_is_better: bool = True,
        feedback_fn: Callable[[PipelineResult, float], str] | None = None,
    ) -> None:
        self._score = score_fn
        self._threshold = threshold
        self._higher = higher_is_better
        self._feedback = feedback_fn

    def evaluate(self, result: PipelineResult) -> EvaluationResult:
        """Score `result`."""
        return run_sync(lambda: self.aevaluate(result))

    async def aevaluate(self, result: PipelineResult) -> EvaluationResult:
        """Score `result` without blocking the event loop."""
        score = float(await call(self._score, result))
        passed = score >= self._threshold if self._higher else score <= self._threshold
        feedback = None if passed or self._feedback is None else self._feedback(result, score)
        return EvaluationResult(passed, score, feedback)


@dataclass
class AgentContext:
    """What is known before an iteration.

    Attributes:
        iteration: Number of the iteration, from 0.
        prior_results: Results of the iterations before.
        last_evaluation: Judgement of the last one.
    """

    iteration: int
    prior_results: list[PipelineResult] = field(default_factory=list)
    last_evaluation: EvaluationResult | None = None


@dataclass
class AgentIteration:
    """One finished iteration."""

    index: int
    result: PipelineResult
    evaluation: EvaluationResult


@dataclass
class AgentResult:
    """The outcome of a loop.

    Attributes:
        iterations: Every iteration, in order.
        final: The last result.
        passed: Whether an iteration passed.
        total_cost_usd: Known cost of all iterations, in US dollars.
    """

    iterations: list[AgentIteration]
    final: PipelineResult
    passed: bool
    total_cost_usd: float = 0.0

    @property
    def best(self) -> PipelineResult:
        """The result that passed, or else the one with the highest score."""

        def rank(iteration: AgentIteration) -> tuple[bool, float, int]:
            score = iteration.evaluation.score
            return iteration.evaluation.passed, float("-inf") if score is None else score, iteration.index

        return max(self.iterations, key=rank).result

    def _repr_html_(self) -> str:
        """Show the best result in a notebook, below how the iterations were judged."""
        from genblaze.models.display import judgements_html

        judged = ((each.evaluation.passed, each.evaluation.score) for each in self.iterations)
        return f"<div>{judgements_html(judged)}{self.best._repr_html_()}</div>"


def _shared_budget(options: RunKeywords) -> RunKeywords:
    """The keywords with one budget for all iterations."""
    from genblaze.budget import Budget

    limit = options.get("max_cost_usd")
    return options if limit is None else {**options, "max_cost_usd": Budget.of(limit)}


class AgentLoop:
    """Runs pipelines until an evaluator is satisfied.

    Args:
        pipeline_factory: Makes the pipeline of an iteration from an `AgentContext`.
        evaluator: An `Evaluator`, or the name of an installed one.
        max_iterations: How often to try, at least 1.
        tracer: Hears all runs; a pipeline's own tracer stays when this is None.
        stop_on_pipeline_failure: Stop when a step fails, instead of trying again.
        max_cost_usd: Start no iteration once this much has been spent (known costs, US dollars).
    """

    def __init__(
        self,
        pipeline_factory: Callable[[AgentContext], Pipeline],
        evaluator: Evaluator | str,
        *,
        max_iterations: int = 3,
        tracer: Any = None,
        stop_on_pipeline_failure: bool = True,
        max_cost_usd: float | None = None,
    ) -> None:
        if max_iterations < 1:
            msg = f"AgentLoop(max_iterations={max_iterations}): at least one iteration must be allowed"
            raise GenblazeError(msg)
        self._factory = pipeline_factory
        self._evaluator = evaluator
        self._max_iterations = max_iterations
        self._tracer = tracer
        self._stop_on_failure = stop_on_pipeline_failure
        self._max_cost = max_cost_usd

    def run(self, **options: Unpack[RunKeywords]) -> AgentResult:
        """Run the loop; keywords are those of `Pipeline.run` and apply to every iteration."""
        return run_sync(lambda: self.arun(**options))

    async def arun(self, **options: Unpack[RunKeywords]) -> AgentResult:
        """`run` for a running event loop."""
        from genblaze.liveview import heard_by, live_view

        listens = options.get("on_progress") is not None
        with live_view(options.get("progress"), listens=listens, runs=0) as view:
            return await self._loop(options, heard_by(view))

    def stream(self, *, heartbeats: bool = True, **options: Unpack[RunKeywords]) -> EventReader[AgentResult]:
        """Run the loop and iterate over its events and those of all its runs; `result` is there afterwards."""
        from genblaze.pipeline.stream import EventReader, wanted

        return EventReader(lambda put: self._loop(options, wanted(put, heartbeats=heartbeats)))

    def astream(self, *, heartbeats: bool = True, **options: Unpack[RunKeywords]) -> AsyncIterator[StreamEvent]:
        """`stream` for a running event loop."""
        from genblaze.pipeline.stream import events_of, wanted

        return events_of(lambda put: self._loop(options, wanted(put, heartbeats=heartbeats)))

    async def _loop(self, options: RunKeywords, put: Callable[[StreamEvent], None] | None = None) -> AgentResult:
        """The loop itself; `put` hears its events and those of its runs, tracers hear them either way."""
        from genblaze.pipeline.delivery import closing

        options = _shared_budget(options)
        tell = _LoopEvents(put)
        done: list[AgentIteration] = []
        try:
            async with closing(options.get("sink")):
                await self._iterations(options, tell, done)
        except BaseException as error:
            tell.completed(done, type(error).__name__)
            raise
        tell.completed(done)
        return AgentResult(done, done[-1].result, _has_passed(done), _cost_of(done))

    async def _iterations(self, options: RunKeywords, tell: _LoopEvents, done: list[AgentIteration]) -> None:
        context = AgentContext(0)
        for index in range(self._max_iterations):
            done.append(await self._iterate(context, options, tell))
            tell.evaluated(done[-1])
            if self._is_enough(done):
                break
            context = AgentContext(index + 1, [each.result for each in done], done[-1].evaluation)

    async def _iterate(self, context: AgentContext, keywords: RunKeywords, tell: _LoopEvents) -> AgentIteration:
        from genblaze.pipeline.engine import execute
        from genblaze.pipeline.options import RUN_CONCURRENCY, resolve
        from genblaze.pipeline.plan import plan

        await come_home()  # where the caller's own functions are called
        pipeline = self._pipeline(context)
        options = resolve(pipeline, keywords, concurrency=RUN_CONCURRENCY)
        planned = plan(pipeline)
        _check_evaluator(self._evaluator, planned.plugins)
        tell.started(context, self._max_iterations, planned)
        try:
            result = await execute(planned, options, tell.put)
        except PipelineTimeoutError as error:
            if error.result is None:
                raise
            result = error.result  # what earlier iterations paid for must not be lost
        return AgentIteration(context.iteration, result, await self._evaluate(pipeline, result, context.iteration))

    def _pipeline(self, context: AgentContext) -> Pipeline:
        pipeline = self._factory(context)
        if self._tracer is not None:
            pipeline.tracer(self._tracer)
        if context.prior_results:
            pipeline.from_result(context.prior_results[-1])
        return pipeline

    async def _evaluate(self, pipeline: Pipeline, result: PipelineResult, index: int) -> EvaluationResult:
        """Judge a result; a failed run fails, and an evaluator that raises loses nothing that was paid for."""
        if result.run.status != RunStatus.COMPLETED:
            return EvaluationResult(passed=False, feedback=result.error_summary())
        from genblaze.hookspecs import EvaluateContext
        from genblaze.plugins import default_plugins

        plugins = pipeline._plugins or default_plugins()
        try:
            return await plugins.evaluate(self._evaluator, result, EvaluateContext(iteration=index))
        except Exception as error:  # noqa: BLE001 - third-party code: paid results must outlive it
            cause = error.__cause__ or error
            text = f"Evaluator failed: {type(cause).__name__}: {cause}"
            return EvaluationResult(passed=False, metadata={"evaluator_error": text})

    def _is_enough(self, done: list[AgentIteration]) -> bool:
        last = done[-1]
        failed = last.result.run.status != RunStatus.COMPLETED
        over = self._max_cost is not None and _cost_of(done) >= self._max_cost
        broken = "evaluator_error" in last.evaluation.metadata
        return last.evaluation.passed or over or broken or (failed and self._stop_on_failure)


class _LoopEvents:
    """Tells what happens in one loop to its stream and to the tracers of its runs, under one `agent_id`."""

    def __init__(self, put: Callable[[StreamEvent], None] | None) -> None:
        self.put = put
        self._agent_id = new_id()
        self._planned: Plan | None = None

    def started(self, context: AgentContext, total: int, planned: Plan) -> None:
        self._planned = planned
        last = context.last_evaluation
        self._tell(
            AgentIterationStartedEvent(
                iteration=context.iteration,
                total=total,
                message=last.feedback if last else None,
                run_id=planned.run_id,
                agent_id=self._agent_id,
            )
        )

    def evaluated(self, iteration: AgentIteration) -> None:
        judged = iteration.evaluation
        self._tell(
            AgentIterationEvaluatedEvent(
                iteration=iteration.index,
                passed=judged.passed,
                score=judged.score,
                feedback=judged.feedback,
                result=iteration.result,
                run_id=iteration.result.run.run_id,
                agent_id=self._agent_id,
            )
        )

    def completed(self, done: list[AgentIteration], error: str | None = None) -> None:
        if self._planned is None:  # it never began
            return
        self._tell(
            AgentCompletedEvent(
                passed=_has_passed(done),
                iterations=len(done),
                total_cost_usd=_cost_of(done),
                result=done[-1].result if done else None,
                run_id=self._planned.run_id,
                agent_id=self._agent_id,
                error=error,
            )
        )

    def _tell(self, event: StreamEvent) -> None:
        if self.put is not None:
            self.put(event)
        planned = self._planned
        if planned is not None and planned.tracers:
            from genblaze.hookspecs import TraceEvent

            told = TraceEvent(kind="event", run_id=planned.run_id, event=event)
            planned.plugins.trace(told, planned.tracers)


def _has_passed(done: list[AgentIteration]) -> bool:
    return any(each.evaluation.passed for each in done)


def _cost_of(done: list[AgentIteration]) -> float:
    return sum(each.result.total_cost_usd for each in done)


def _check_evaluator(evaluator: Evaluator | str, plugins: PluginManager) -> None:
    """Refuse what cannot judge, before there is anything to pay for.

    Raises:
        PluginError: Nothing of that name is installed, or the object is no evaluator.
    """
    if isinstance(evaluator, str):
        plugins.select("evaluate", evaluator)
    elif not callable(getattr(evaluator, "evaluate", None) or getattr(evaluator, "aevaluate", None)):
        msg = f"AgentLoop: {type(evaluator).__name__} is no evaluator; pass one, or the name of an installed one"
        raise PluginError(msg)


async def _awaited(answer: Awaitable[Any]) -> Any:
    return await answer


def _judgement(answer: EvaluationResult | bool) -> EvaluationResult:
    return answer if isinstance(answer, EvaluationResult) else EvaluationResult(passed=bool(answer))
