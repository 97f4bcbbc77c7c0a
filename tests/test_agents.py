"""Agent loops: until it is good enough, never losing what was paid for."""

import asyncio

import pytest
from sample_pipelines import Painter, Queue, Sink, kernel_plugins, pipeline_in

from genblaze import (
    AgentLoop,
    CallableEvaluator,
    EvaluationResult,
    Evaluator,
    GenblazeError,
    PluginError,
    PluginNotFoundError,
    ThresholdEvaluator,
    Tracer,
)


@pytest.fixture
def painter(tmp_path):
    return Painter(tmp_path, cost=0.25)


@pytest.fixture
def factory(tmp_path, painter):
    def make(context):
        feedback = context.last_evaluation.feedback if context.last_evaluation else None
        return pipeline_in(tmp_path).step(painter, model="m", prompt=f"{context.iteration} {feedback}")

    return make


def scores(*values):
    """Judges the results in turn; 1.0 passes."""
    left = list(values)

    def judge(result):
        score = left.pop(0)
        return EvaluationResult(score >= 1, score, f"was {score}")

    return CallableEvaluator(judge)


def test_it_stops_when_a_result_passes_and_hands_on_feedback(factory, painter):
    out = AgentLoop(factory, scores(0.2, 1.0, 5), max_iterations=5).run()
    assert (out.passed, len(out.iterations), out.total_cost_usd) == (True, 2, 0.5)
    assert [step.prompt for step in painter.seen] == ["0 None", "1 was 0.2"]
    assert out.final is out.best is out.iterations[1].result
    assert out.final.run.parent_run_id == out.iterations[0].result.run.run_id


def test_a_failed_run_is_not_raised_in_the_middle_of_a_loop(tmp_path):
    painter = Painter(tmp_path, errors=[ValueError("no")], cost=0.25)
    loop = AgentLoop(
        lambda context: pipeline_in(tmp_path).step(painter, model="m", prompt="p"),
        scores(1.0),
        stop_on_pipeline_failure=False,
    )
    out = loop.run(raise_on_failure=True, max_retries=0)
    assert [str(each.result.run.status) for each in out.iterations] == ["failed", "completed"]
    assert (out.passed, out.total_cost_usd) == (True, 0.25)


def test_a_sink_takes_every_iteration_and_is_closed_after_the_last(factory):
    sink = Sink()
    AgentLoop(factory, scores(0.1, 0.2, 1.0)).run(sink=sink)
    assert (len(sink.runs), sink.closed) == (3, 1)


def test_heartbeats_can_be_left_out_of_the_stream_of_a_loop(tmp_path, monkeypatch):
    monkeypatch.setattr("genblaze.driver.HEARTBEAT_SEC", 0.02)

    class Patient(Queue):
        poll_interval = 0.2

    queue = Patient(tmp_path)
    loop = AgentLoop(
        lambda context: pipeline_in(tmp_path).step(queue, model="m", prompt="p"), scores(1, 1), max_iterations=1
    )
    assert any(getattr(event, "is_heartbeat", False) for event in loop.stream())
    assert not any(getattr(event, "is_heartbeat", False) for event in loop.stream(heartbeats=False))


def test_the_best_result_is_kept_although_it_is_not_the_last(factory):
    out = AgentLoop(factory, scores(0.3, 0.8, 0.5)).run()
    assert not out.passed
    assert out.best is out.iterations[1].result
    assert out.final is out.iterations[2].result


def test_an_evaluator_that_fails_loses_nothing(factory):
    def judge(result):
        raise RuntimeError("no eyes")

    out = AgentLoop(factory, CallableEvaluator(judge)).run()
    assert len(out.iterations) == 1
    assert out.iterations[0].result.ok
    assert out.iterations[0].evaluation.metadata == {"evaluator_error": "Evaluator failed: RuntimeError: no eyes"}


def test_a_failed_run_is_not_judged_and_stops_the_loop_unless_told_otherwise(tmp_path, factory, painter):
    painter.errors = [ValueError("no")]
    out = AgentLoop(factory, scores(1.0)).run(raise_on_failure=True)
    assert (out.passed, len(out.iterations)) == (False, 1)
    assert "ValueError: no" in out.iterations[0].evaluation.feedback
    painter.errors = [ValueError("no")]
    out = AgentLoop(factory, scores(1.0), stop_on_pipeline_failure=False).run()
    assert (out.passed, len(out.iterations)) == (True, 2)


@pytest.mark.slow
def test_a_timeout_of_a_run_loses_no_earlier_iteration(factory, painter):
    def judge(result):
        painter.seconds = 30
        return False

    out = AgentLoop(factory, CallableEvaluator(judge)).run(pipeline_timeout=3)
    assert [each.result.run.status for each in out.iterations] == ["completed", "failed"]
    assert out.total_cost_usd == 0.25


def test_no_iteration_starts_once_the_money_is_spent(factory):
    assert len(AgentLoop(factory, scores(0, 0, 0, 0), max_iterations=4, max_cost_usd=0.5).run().iterations) == 2


@pytest.mark.parametrize(("evaluator", "error"), [("no-such", PluginNotFoundError), (object(), PluginError)])
def test_an_evaluator_that_cannot_be_is_refused_before_anything_is_paid(factory, painter, evaluator, error):
    with pytest.raises(error):
        AgentLoop(factory, evaluator).run()
    assert painter.calls == 0


def test_at_least_one_iteration_must_be_allowed(factory):
    with pytest.raises(GenblazeError, match="max_iterations=0"):
        AgentLoop(factory, scores(1), max_iterations=0)


def test_a_pipelines_own_tracer_stays(tmp_path, painter):
    heard = []

    class Mine(Tracer):
        def on_run_end(self, run_id, result):
            heard.append(run_id)

    def make(context):
        return pipeline_in(tmp_path, tracer=Mine()).step(painter, model="m")

    out = AgentLoop(make, scores(1)).run()
    assert heard == [out.final.run.run_id]


def test_a_stream_tells_the_loop_and_its_runs(factory):
    stream = AgentLoop(factory, scores(0, 1)).stream()
    kinds = [event.type for event in stream if event.type.startswith(("agent", "pipeline"))]
    once = ["agent.iteration.started", "pipeline.started", "pipeline.completed", "agent.iteration.evaluated"]
    assert kinds == [*once, *once, "agent.completed"]
    assert stream.result.passed


async def test_the_async_faces_do_the_same(factory):
    assert (await AgentLoop(factory, scores(1)).arun()).passed
    events = [event async for event in AgentLoop(factory, scores(1)).astream()]
    assert events[-1].type == "agent.completed"
    assert events[-1].run_id == events[1].run_id


class Own(Evaluator):
    def evaluate(self, result):
        return EvaluationResult(True, 2.0)


async def score_later(result):
    await asyncio.sleep(0)
    return 0.4


@pytest.mark.parametrize(
    ("evaluator", "passed"),
    [
        (Own(), True),
        (CallableEvaluator(lambda result: True), True),
        (ThresholdEvaluator(score_later, 0.5), False),
        (ThresholdEvaluator(score_later, 0.5, higher_is_better=False), True),
        (ThresholdEvaluator(lambda result: 1, 1), True),
    ],
)
def test_evaluators_may_be_of_any_kind(factory, evaluator, passed):
    assert AgentLoop(factory, evaluator, max_iterations=1).run().passed is passed


def test_evaluators_can_be_asked_directly():
    assert CallableEvaluator(lambda result: True).evaluate(None).passed
    late = ThresholdEvaluator(score_later, 0.5, feedback_fn=lambda result, score: f"only {score}")
    assert late.evaluate(None) == EvaluationResult(False, 0.4, "only 0.4")


def test_a_named_evaluator_is_that_of_the_pipelines_plugins(tmp_path, painter):
    from genblaze import Capability, hookimpl

    class Plugin:
        @hookimpl
        def provides(self):
            return [Capability(hook="evaluate", key="yes")]

        @hookimpl
        def evaluate(self, result, context):
            async def judge():
                return EvaluationResult(True, context.iteration)

            return judge()

    plugins = kernel_plugins(yes=Plugin())
    out = AgentLoop(lambda context: pipeline_in(tmp_path, plugins=plugins).step(painter, model="m"), "yes").run()
    assert out.passed


def test_tracers_of_the_runs_hear_the_loop_under_one_identity(tmp_path, painter):
    heard = []

    class Mine(Tracer):
        def on_run_start(self, run_id, name, **more):
            heard.append(("run", run_id))

        def on_event(self, event):
            if event.type.startswith("agent."):
                heard.append((event.type, event.run_id, event.agent_id))

    def make(context):
        return pipeline_in(tmp_path, tracer=Mine()).step(painter, model="m")

    out = AgentLoop(make, scores(0, 1)).run()
    first, second = (each.result.run.run_id for each in out.iterations)
    (agent,) = {told[2] for told in heard if len(told) == 3}
    assert heard == [
        ("agent.iteration.started", first, agent),
        ("run", first),
        ("agent.iteration.evaluated", first, agent),
        ("agent.iteration.started", second, agent),
        ("run", second),
        ("agent.iteration.evaluated", second, agent),
        ("agent.completed", second, agent),
    ]


def test_a_loop_that_breaks_off_says_so_to_whoever_listens(tmp_path, painter):
    def make(context):
        if context.iteration:
            raise RuntimeError("no second one")
        return pipeline_in(tmp_path).step(painter, model="m")

    heard = []
    with pytest.raises(RuntimeError, match="no second one"):
        heard.extend(AgentLoop(make, scores(0)).stream())
    assert (heard[-1].type, heard[-1].error, heard[-1].iterations) == ("agent.completed", "RuntimeError", 1)
