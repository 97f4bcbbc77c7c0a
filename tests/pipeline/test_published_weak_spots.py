"""The weak spots W1 to W24 of the published package, one test or more for each: none of them may exist here."""

import asyncio
import copy
import json
import pickle
import threading
import time
import warnings

import pytest
from sample_pipelines import AsyncPainter, Painter, Queue, Sink, pipeline_in, sha256

from genblaze import (
    GenblazeError,
    Pipeline,
    PipelineError,
    PipelineTemplate,
    PipelineTimeoutError,
    PromptVisibility,
    ProviderError,
    RetryPolicy,
    RunStatus,
    StepCache,
    StepStatus,
    SyncProvider,
)
from genblaze.models.enums import ProviderErrorCode


def failure(code, message="vendor says no"):
    return ProviderError(message, error_code=ProviderErrorCode(code))


def pipeline_for(tmp_path, **options):
    return pipeline_in(tmp_path / "output", **options)


def one_step(tmp_path, provider=None, *, prompt="a fox", model="m-1", **options):
    return pipeline_for(tmp_path).step(provider or Painter(tmp_path), model=model, prompt=prompt, **options)


class Timed(Painter):
    """Remembers when each call began and ended."""

    def __init__(self, folder, **options):
        super().__init__(folder, **options)
        self.spans = []

    def generate(self, step, config=None):
        started = time.monotonic()
        made = super().generate(step, config)
        self.spans.append((started, time.monotonic()))
        return made


# --- W1 ----------------------------------------------------------------------------------------------------------


def test_w1_a_pipeline_run_twice_keeps_its_seed_and_negative_prompt(tmp_path):
    pipeline = one_step(tmp_path, seed=5, negative_prompt="rain", quality="high")
    for _ in range(2):
        step = pipeline.run().run.steps[0]
        assert (step.seed, step.negative_prompt, step.params) == (5, "rain", {"quality": "high"})


def test_w1_every_item_of_a_batch_gets_the_seed(tmp_path):
    painter = Painter(tmp_path)
    one_step(tmp_path, painter, seed=5).batch_run(["a", "b", "c"])
    assert [step.seed for step in painter.seen] == [5, 5, 5]


def test_w1_a_fallback_model_gets_the_seed(tmp_path):
    painter = Painter(tmp_path, broken={"m-1": failure("model_error")})
    one_step(tmp_path, painter, seed=5, negative_prompt="rain", fallback_models=["m-2"]).run()
    assert [(step.model, step.seed, step.negative_prompt) for step in painter.seen] == [
        ("m-1", 5, "rain"),
        ("m-2", 5, "rain"),
    ]


def test_w1_a_template_made_after_a_run_has_the_seed(tmp_path):
    pipeline = one_step(tmp_path, seed=5)
    pipeline.run()
    assert pipeline.to_template().steps[0].params == {"seed": 5}


def test_w1_a_provider_that_pops_from_its_params_changes_no_definition(tmp_path):
    class Popping(Painter):
        def normalize_params(self, params, modality=None):
            params.pop("size", None)
            params.setdefault("nested", {})["touched"] = True
            return params

    pipeline = one_step(tmp_path, Popping(tmp_path), size=3, nested={"deep": [1]})
    pipeline.run()
    assert pipeline.steps[0].params == {"size": 3, "nested": {"deep": [1]}}


# --- W2 ----------------------------------------------------------------------------------------------------------


def test_w2_max_retries_alone_leaves_the_timeout_and_the_configuration(tmp_path):
    given, submitted = {}, []

    class Asking(Queue):
        def submit(self, step, config=None):
            given.update(config)
            return super().submit(step, config)

    pipeline = one_step(tmp_path, Asking(tmp_path)).config({"on_submit": lambda *told: submitted.append(told)})
    result = pipeline.run(max_retries=1)
    assert given["timeout"] == 600.0
    assert submitted == [(result.run.steps[0].step_id, "job-1")]


# --- W3 ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keywords", [{"timeout": 0.1}, {"pipeline_timeout": 0.1}])
def test_w3_a_timeout_stops_waiting_for_a_def_provider(tmp_path, keywords):
    pipeline = one_step(tmp_path, Painter(tmp_path, seconds=30))
    started = time.monotonic()
    with pytest.raises((PipelineError, PipelineTimeoutError)) as raised:
        pipeline.run(**keywords)
    assert time.monotonic() - started < 15
    assert raised.value.result.run.steps[0].status in (StepStatus.FAILED, StepStatus.CANCELLED)


def test_w3_closing_the_loop_does_not_wait_for_a_def_provider(tmp_path):
    pipeline = one_step(tmp_path, Painter(tmp_path, seconds=30))

    async def main():
        with pytest.raises(PipelineTimeoutError):
            await pipeline.arun(pipeline_timeout=0.1)

    started = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - started < 15


# --- W4, W5, W6, W8, W20 -----------------------------------------------------------------------------------------


async def test_w4_a_finished_step_is_told_while_others_still_run(tmp_path):
    sink, told = Sink(), []
    slow_ended = threading.Event()

    class Slow(Painter):
        def generate(self, step, config=None):
            made = super().generate(step, config)
            slow_ended.set()
            return made

    pipeline = pipeline_for(tmp_path)
    pipeline.step(Painter(tmp_path), model="m", prompt="quick")
    pipeline.step(Slow(tmp_path, seconds=0.5), model="m", prompt="slow")
    await pipeline.arun(sink=sink, on_step_complete=lambda event: told.append((event.step_index, slow_ended.is_set())))
    assert told == [(0, False), (1, True)]
    assert [told[0] for told in sink.steps] == [0, 1]


def test_w5_a_step_is_not_started_before_it_has_its_place(tmp_path):
    pipeline = pipeline_for(tmp_path)
    for index in range(3):
        pipeline.step(Painter(tmp_path), model="m", prompt=str(index))
    kinds = [
        (event.type, event.step_index)
        for event in pipeline.stream()
        if event.type in ("step.started", "step.queued", "step.completed")
    ]
    assert [kind for kind, index in kinds if index == 1] == ["step.queued", "step.started", "step.completed"]
    assert kinds.index(("step.completed", 0)) < kinds.index(("step.started", 1))


async def test_w6_steps_with_the_same_input_run_side_by_side(tmp_path):
    painter = Timed(tmp_path, seconds=0.3)
    pipeline = pipeline_for(tmp_path).step(painter, model="m", prompt="root")
    for index in range(6):
        pipeline.step(painter, model="m", prompt=str(index), input_from=0)
    await pipeline.arun()
    begun = sorted(start for start, _ in painter.spans)
    ended = sorted(end for _, end in painter.spans)
    assert begun[-1] < ended[1], "all six had begun before the first of them ended"


def test_w8_a_plain_run_is_parallel_where_it_is_asked_to_be(tmp_path):
    painter = Timed(tmp_path, seconds=0.3)
    pipeline = pipeline_for(tmp_path)
    for index in range(4):
        pipeline.step(painter, model="m", prompt=str(index))
    pipeline.run(max_concurrency=4)
    assert max(start for start, _ in painter.spans) < min(end for _, end in painter.spans)


async def test_w20_more_def_steps_than_the_default_pool_holds_run_at_once(tmp_path):
    together = threading.Barrier(40, timeout=10)

    class Meeting(Painter):
        def generate(self, step, config=None):
            together.wait()
            return super().generate(step, config)

    painter = Meeting(tmp_path)
    pipeline = pipeline_for(tmp_path)
    for index in range(40):
        pipeline.step(painter, model="m", prompt=str(index))
    result = await pipeline.arun(max_concurrency=40)
    assert result.run.status == RunStatus.COMPLETED


async def test_w20_arun_has_a_bound_unless_told_otherwise(tmp_path):
    now, most, lock, bound_is_reached = 0, 0, threading.Lock(), threading.Event()

    class Counting(Painter):
        def generate(self, step, config=None):
            nonlocal now, most
            with lock:
                now += 1
                most = max(most, now)
            if most >= 16:
                bound_is_reached.set()
            assert bound_is_reached.wait(60)
            time.sleep(0.05)  # for those that would come beyond the bound
            with lock:
                now -= 1
            return super().generate(step, config)

    painter = Counting(tmp_path)
    pipeline = pipeline_for(tmp_path)
    for index in range(24):
        pipeline.step(painter, model="m", prompt=str(index))
    await pipeline.arun()
    assert most == 16


# --- W7 ----------------------------------------------------------------------------------------------------------


def test_w7_steps_that_never_ran_stay_in_the_record_as_cancelled(tmp_path):
    pipeline = pipeline_for(tmp_path).step(Painter(tmp_path, errors=[failure("invalid_input")]), model="m", prompt="a")
    pipeline.step(Painter(tmp_path), model="m", prompt="b").step(Painter(tmp_path), model="m", prompt="c")
    steps = pipeline.run(raise_on_failure=False).run.steps
    assert [step.status for step in steps] == [StepStatus.FAILED, StepStatus.CANCELLED, StepStatus.CANCELLED]
    assert all(step.cancelled and "step 0 failed" in step.error for step in steps[1:])


async def test_w7_a_step_stopped_midway_keeps_its_times_and_its_job(tmp_path):
    vendor = Queue(tmp_path, polls=10_000)

    class FailsLate(Painter):
        def generate(self, step, config=None):
            while "poll" not in vendor.log:
                time.sleep(0.01)
            raise failure("invalid_input")

    pipeline = pipeline_for(tmp_path).step(vendor, model="m", prompt="a")
    pipeline.step(FailsLate(tmp_path), model="m", prompt="b")
    result = await pipeline.arun(raise_on_failure=False)
    stopped = result.run.steps[0]
    assert stopped.status == StepStatus.CANCELLED
    assert stopped.upstream_id == "job-1"
    assert stopped.started_at <= stopped.completed_at
    assert vendor.log[-1] == "cancel job-1", "the vendor was told"


# --- W9 ----------------------------------------------------------------------------------------------------------


def test_w9_a_fallback_keeps_the_steps_identity_and_says_why_it_ran(tmp_path):
    painter = Painter(tmp_path, broken={"m-1": failure("model_error", "m-1 is retired")})
    events = list(one_step(tmp_path, painter, fallback_models=["m-2"]).stream())
    started = next(event for event in events if event.type == "step.started")
    ended = next(event for event in events if event.type == "step.completed")
    step = ended.step
    assert started.step_id == ended.step_id == step.step_id
    assert (step.model, step.requested_model, step.fallback_from) == ("m-2", "m-1", "m-1")
    assert any("m-1 is retired" in str(attempt) for attempt in step.attempts), "the first model's failure is kept"


def test_w9_a_cached_fallback_spares_the_failing_model_too(tmp_path):
    painter = Painter(tmp_path, broken={"m-1": failure("model_error")})
    pipeline = one_step(tmp_path, painter, fallback_models=["m-2"]).cache(StepCache(tmp_path / "cache"))
    pipeline.run()
    step = pipeline.run().run.steps[0]
    assert painter.calls == 2
    assert (step.cached, step.model, step.requested_model) == (True, "m-2", "m-1")


# --- W10 ---------------------------------------------------------------------------------------------------------


def test_w10_a_cache_hit_has_an_identity_times_and_metadata_of_its_own_and_costs_nothing(tmp_path):
    cache = StepCache(tmp_path / "cache")
    painter = Painter(tmp_path, cost=0.5)
    first = one_step(tmp_path, painter, metadata={"take": 1}).cache(cache).run().run.steps[0]
    second = one_step(tmp_path, painter, metadata={"take": 2}).cache(cache).run().run.steps[0]
    assert painter.calls == 1
    assert second.step_id != first.step_id
    assert second.assets[0].asset_id != first.assets[0].asset_id
    assert second.started_at >= first.completed_at
    assert (first.cost_usd, second.cost_usd, second.metadata) == (0.5, 0.0, {"take": 2})


def test_w10_tracers_hear_of_cache_hits(tmp_path):
    class Hearing:
        def __init__(self):
            self.heard = []

        def on_step_start(self, run_id, step, *, step_index, total_steps):
            self.heard.append("start")

        def on_step_end(self, run_id, step, *, duration_ms, step_index):
            self.heard.append(("end", step.cached))

    pipeline = one_step(tmp_path).cache(StepCache(tmp_path / "cache"))
    pipeline.run()
    tracer = Hearing()
    pipeline.tracer(tracer).run()
    assert tracer.heard == ["start", ("end", True)]


# --- W11, W12, W13 -----------------------------------------------------------------------------------------------


def test_w11_a_failing_sink_loses_nothing(tmp_path):
    result = one_step(tmp_path).run(sink=Sink(error=RuntimeError("bucket is gone")))
    assert result.run.status == RunStatus.COMPLETED
    assert result.local_path(result.assets[0]).is_file()
    assert not result.ok
    assert "bucket is gone" in result.error_summary()


def test_w11_a_failed_step_and_a_failing_sink_raise_the_step_with_the_result(tmp_path):
    pipeline = one_step(tmp_path, Painter(tmp_path, errors=[failure("invalid_input", "no such size")]))
    with pytest.raises(PipelineError, match="no such size") as raised:
        pipeline.run(sink=Sink(error=RuntimeError("bucket is gone")))
    assert "bucket is gone" in raised.value.result.error_summary()


@pytest.mark.parametrize(("serves_many_runs", "closed"), [(True, 0), (False, 2)])
def test_w12_a_sink_that_serves_many_runs_stays_open_and_others_are_closed_once_per_call(
    tmp_path, serves_many_runs, closed
):
    sink = Sink()
    sink._close_with_run = not serves_many_runs
    pipeline = one_step(tmp_path)
    pipeline.run(sink=sink)
    pipeline.batch_run(["a", "b"], sink=sink)
    assert (len(sink.runs), sink.closed) == (3, closed)


def test_w13_every_sink_of_a_list_gets_the_run_even_when_one_fails(tmp_path):
    sinks = [Sink(error=OSError("disk full")), Sink()]
    result = one_step(tmp_path).run(sink=sinks)
    assert [len(sink.runs) for sink in sinks] == [0, 1]
    assert len(result.deliveries.sink_errors) == 1


def test_w13_something_that_is_no_sink_is_refused_before_generation(tmp_path):
    painter = Painter(tmp_path)
    with pytest.raises(GenblazeError, match="not a sink"):
        one_step(tmp_path, painter).run(sink=[Sink(), object()])
    assert painter.calls == 0


# --- W14, W15 ----------------------------------------------------------------------------------------------------


async def test_w14_a_step_that_cannot_be_built_stops_the_run_before_any_other_is_paid(tmp_path):
    class Picky(Painter):
        def normalize_params(self, params, modality=None):
            raise KeyError("size")

    paid = Painter(tmp_path)
    pipeline = pipeline_for(tmp_path).step(paid, model="m", prompt="a").step(Picky(tmp_path), model="m", prompt="b")
    with pytest.raises(GenblazeError, match="step 1"):
        await pipeline.arun(raise_on_failure=False)
    assert paid.calls == 0


def test_w15_the_default_run_warns_of_nothing(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one_step(tmp_path).run()


# --- W16, W17 ----------------------------------------------------------------------------------------------------


def test_w16_a_template_keeps_visibility_metadata_and_durations(tmp_path):
    pipeline = one_step(
        tmp_path,
        metadata={"k": 1},
        prompt_visibility=PromptVisibility.PRIVATE,
        expected_duration_sec=9.0,
        params={"model": "inner", "prompt": "inner"},
    ).metadata(campaign="spring")
    template = PipelineTemplate.from_json(pipeline.to_template().to_json())
    again = template.instantiate({"painter": Painter(tmp_path)})
    old, new = pipeline.steps[0], again.steps[0]
    assert new.prompt_visibility == PromptVisibility.PRIVATE
    assert (new.metadata, new.expected_duration_sec, new.params) == (old.metadata, 9.0, old.params)
    assert again._metadata == {"campaign": "spring"}


def test_w16_instantiating_makes_only_the_providers_it_names(tmp_path):
    template = one_step(tmp_path).to_template()
    again = template.instantiate({"painter": Painter(tmp_path), "other": None})
    assert [step.provider.name for step in again.steps] == ["painter"]


def test_w17_a_batch_prompt_never_overwrites_the_other_steps(tmp_path):
    painter = Painter(tmp_path)
    pipeline = pipeline_for(tmp_path).step(painter, model="m", prompt="draw {prompt}")
    pipeline.step(painter, model="m", prompt="in the style of Klee", input_from=0)
    pipeline.batch_run(["a fox"])
    assert [step.prompt for step in painter.seen] == ["draw a fox", "in the style of Klee"]


def test_w17_a_batch_mapping_fills_plain_string_prompts(tmp_path):
    painter = Painter(tmp_path)
    one_step(tmp_path, painter, prompt="a {animal}").batch_run([{"animal": "fox"}, {"animal": "owl"}])
    assert sorted(step.prompt for step in painter.seen) == ["a fox", "a owl"]


# --- W18, W19 ----------------------------------------------------------------------------------------------------


def test_w18_a_step_without_outputs_is_no_success_and_its_run_does_not_verify(tmp_path):
    class Empty(SyncProvider):
        name = "empty"

        def generate(self, step, config=None):
            return step

    result = one_step(tmp_path, Empty()).run(raise_on_failure=False)
    assert result.run.steps[0].status == StepStatus.FAILED
    assert "no output" in result.run.steps[0].error
    assert not result.manifest.verify()


def test_w19_steps_have_names_timeouts_and_retries_of_their_own(tmp_path):
    flaky = Painter(tmp_path, errors=[failure("rate_limit")])
    pipeline = pipeline_for(tmp_path).step(
        flaky, model="m", prompt="a", step_name="draw", step_retry=RetryPolicy(max_attempts=2, initial_backoff_sec=0)
    )
    pipeline.step(Painter(tmp_path, seconds=30), model="m", prompt="b", input_from="draw", step_timeout=0.2)
    started = time.monotonic()
    steps = pipeline.run(raise_on_failure=False).run.steps
    assert time.monotonic() - started < 15
    assert [step.status for step in steps] == [StepStatus.SUCCEEDED, StepStatus.FAILED]
    assert steps[1].error_code == ProviderErrorCode.TIMEOUT


# --- W21 to W24 --------------------------------------------------------------------------------------------------


def test_w21_a_stream_knows_its_run_and_its_result_and_stops_when_it_is_left(tmp_path):
    vendor = Queue(tmp_path, polls=10_000)
    stream = one_step(tmp_path, vendor).stream()
    run_id = stream.run_id
    for event in stream:
        assert event.run_id == run_id
        if "poll" in vendor.log:
            break
    stream.close()
    assert vendor.log[-1] == "cancel job-1"
    count = len(vendor.log)
    time.sleep(0.1)
    assert len(vendor.log) == count, "nothing goes on in the background"

    stream = one_step(tmp_path).stream()
    list(stream)
    assert stream.result.run.run_id == stream.run_id


def test_w21_a_failed_step_is_an_event_not_a_late_exception(tmp_path):
    events = list(one_step(tmp_path, Painter(tmp_path, errors=[failure("invalid_input")])).stream())
    assert [event.type for event in events][-2:] == ["step.failed", "pipeline.failed"]


def test_w22_a_run_is_created_before_it_starts_and_sinks_hear_one_date(tmp_path):
    sink = Sink()
    run = one_step(tmp_path).run(sink=sink).run
    assert run.created_at <= run.started_at <= run.steps[0].started_at <= run.completed_at
    assert [told[:2] for told in sink.steps] == [(0, run.created_at.strftime("%Y-%m-%d"))]


def test_w23_a_value_that_no_manifest_holds_does_not_mask_or_lose_the_result(tmp_path):
    class Odd(Painter):
        def generate(self, step, config=None):
            made = super().generate(step, config)
            made.metadata["raw"] = b"bytes"
            return made

    result = one_step(tmp_path, Odd(tmp_path)).run(raise_on_failure=False)
    step = result.run.steps[0]
    assert step.status == StepStatus.FAILED or step.assets[0].sha256
    assert json.loads(result.manifest.to_canonical_json())["run"]["steps"][0]["provider"] == "painter"


def test_w24_name_and_steps_are_public_and_a_copy_is_independent(tmp_path):
    pipeline = one_step(tmp_path, prompt="a fox")
    twin = copy.copy(pipeline).step(Painter(tmp_path), model="m", prompt="b").metadata(k=1)
    assert (pipeline.name, len(pipeline.steps), len(twin.steps)) == ("test", 1, 2)
    assert pipeline._metadata == {}
    assert isinstance(pipeline, Pipeline)


def test_w3_an_async_provider_is_cancelled_at_its_timeout(tmp_path):
    painter = AsyncPainter(tmp_path, seconds=5)
    step = one_step(tmp_path, painter).run(timeout=0.1, raise_on_failure=False).run.steps[0]
    assert (step.status, step.error_code, painter.cancelled) == (StepStatus.FAILED, ProviderErrorCode.TIMEOUT, 1)


def test_w9_a_rate_limit_falls_back_when_its_retries_are_spent(tmp_path):
    at_once = RetryPolicy(max_attempts=2, initial_backoff_sec=0)
    painter = Painter(tmp_path, broken={"m-1": failure("rate_limit")}, retry_policy=at_once)
    step = one_step(tmp_path, painter, fallback_models=["m-2"]).run().run.steps[0]
    assert [seen.model for seen in painter.seen] == ["m-1", "m-1", "m-2"]
    assert step.fallback_from == "m-1"


@pytest.mark.parametrize("code", ["content_policy", "auth_failure", "invalid_input", "unknown"])
def test_w9_what_another_model_cannot_help_does_not_fall_back(tmp_path, code):
    painter = Painter(tmp_path, broken={"m-1": failure(code)})
    step = one_step(tmp_path, painter, fallback_models=["m-2"]).run(raise_on_failure=False).run.steps[0]
    assert [seen.model for seen in painter.seen] == ["m-1"]
    assert (step.model, step.error_code, step.fallback_from) == ("m-1", code, None)


def test_w11_sinks_get_the_content_without_a_manifest(tmp_path):
    sink = Sink()
    result = one_step(tmp_path).run(sink=sink)
    assert sink.contents == [result.assets[0].sha256]
    assert sha256(result.local_path(result.assets[0])) == sink.contents[0], "a sidecar holds the manifest here"


def test_w15_a_failed_run_raises_by_default_with_its_result(tmp_path):
    with pytest.raises(PipelineError, match="step 0") as raised:
        one_step(tmp_path, Painter(tmp_path, errors=[failure("invalid_input", "no such size")])).run()
    assert (raised.value.failed_step_index, raised.value.failed_step_error) == (0, "no such size")
    assert raised.value.result.run.status == RunStatus.FAILED


def test_w24_a_pipeline_can_be_pickled_when_its_parts_can():
    pipeline = Pipeline("p", chain=True).step("acme", model="m", prompt="a fox", seed=5).metadata(k=1)
    again = pickle.loads(pickle.dumps(pipeline))
    assert (again.name, again.steps, again._metadata) == ("p", pipeline.steps, {"k": 1})


def test_declaring_starts_no_thread_and_writes_no_file(tmp_path):
    before = threading.active_count()
    one_step(tmp_path / "elsewhere").estimated_cost()
    assert threading.active_count() == before
    assert list(tmp_path.iterdir()) == []
