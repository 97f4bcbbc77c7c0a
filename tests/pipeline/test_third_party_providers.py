"""Providers as strangers write them: odd, but none may lose a result, a job or the engine."""

import asyncio
import math
import threading
import time
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from sample_pipelines import NOW, AsyncPainter, Painter, Queue, kernel_plugins, paint, painter_plugin, png

from genblaze import (
    Asset,
    BaseProvider,
    Generation,
    JobStatus,
    ProviderError,
    ProviderErrorCode,
    Step,
    StepStatus,
    Submitted,
    SyncProvider,
    verify_file,
)


class OddError(BaseException):
    """Not an Exception."""


def test_a_provider_need_not_call_its_base_class(new, folder):
    class Careless(Painter):
        name = "careless"

        def __init__(self):
            self.folder, self.seconds, self.errors, self.broken, self.cost, self.seen = folder, 0, [], {}, None, []

        def generate(self, step, config=None):
            return self.painted(step)

    assert new().step(Careless(), model="m").run().ok


def test_a_provider_may_be_a_dataclass(new, folder):
    @dataclass
    class Data(SyncProvider):
        key: str
        log: list = field(default_factory=list)
        name = "data"

        def generate(self, step, config=None):
            self.log.append(step.prompt)
            step.assets = [png(paint(folder / "a.png", self.key))]
            return step

    provider = Data("k")
    assert new().step(provider, model="m", prompt="a fox").run().ok
    assert provider.log == ["a fox"]


def test_a_step_that_the_provider_marks_as_failed_has_failed(new, folder):
    class Marking(Painter):
        def painted(self, step):
            step.status, step.error, step.error_code = StepStatus.FAILED, "refused", ProviderErrorCode.CONTENT_POLICY
            return step

    step = new().step(Marking(folder), model="m").run(raise_on_failure=False).run.steps[0]
    assert (step.status, step.error, step.error_code) == ("failed", "refused", "content_policy")


def test_a_mark_of_failure_does_not_outlive_its_attempt(new, folder):
    class MarkingOnce(Painter):
        def painted(self, step):
            if self.calls == 1:
                step.status, step.error, step.error_code = StepStatus.FAILED, "busy", ProviderErrorCode.RATE_LIMIT
                step.metadata["junk"] = True
                return step
            return super().painted(step)

    step = new().step(MarkingOnce(folder, retry_policy=NOW), model="m").run().run.steps[0]
    assert (step.status, step.retries, step.error, step.metadata) == ("succeeded", 1, None, {})


def test_a_provider_may_return_a_step_of_its_own(new, folder):
    class Own(Painter):
        def painted(self, step):
            made = super().painted(step)
            return Step(provider="x", model="x", assets=made.assets, model_version="2024-01", cost_usd=0.5)

    spec = {"model": "m", "prompt": "a secret fox", "seed": 3, "metadata": {"a": 1}, "size": "xl"}
    step = new().step(Own(folder), prompt_visibility="private", **spec).run().run.steps[0]
    assert (step.provider, step.model, step.model_version, step.cost_usd) == ("painter", "m", "2024-01", 0.5)
    assert (step.prompt, step.seed, step.metadata, step.params) == ("a secret fox", 3, {"a": 1}, {"size": "xl"})
    assert step.prompt_visibility == "private"


@pytest.mark.parametrize("answer", [None, "a.png", {"assets": []}, []])
def test_what_is_no_step_fails_the_step_with_a_word_about_it(new, folder, answer):
    class Wrong(Painter):
        def painted(self, step):
            return answer

    step = new().step(Wrong(folder), model="m").run(raise_on_failure=False).run.steps[0]
    assert step.status == StepStatus.FAILED
    assert type(answer).__name__ in step.error


def test_what_a_provider_changes_stays_in_its_own_run(new, folder):
    class Changing(Painter):
        def painted(self, step):
            step.params["nested"]["list"].append(1)
            step.params["quality"] = "hd"
            step.metadata["tag"] = self.calls
            step.seed = 99
            return super().painted(step)

    nested = {"list": []}
    pipeline = new().step(Changing(folder), model="m", nested=nested, metadata={"mine": 1})
    first, second = pipeline.run().run.steps[0], pipeline.run().run.steps[0]
    assert first.params == second.params == {"nested": {"list": [1]}, "quality": "hd"}
    assert (first.metadata, second.metadata) == ({"mine": 1, "tag": 1}, {"mine": 1, "tag": 2})
    assert second.seed == 99
    assert pipeline.steps[0].params == {"nested": {"list": []}}
    assert nested == {"list": []}


def test_the_same_asset_object_each_time_gives_assets_of_their_own(new, folder):
    class Reusing(Painter):
        asset = Asset(url="file:///nowhere", media_type="image/png")

        def painted(self, step):
            self.asset.url = super().painted(step).assets[0].url
            step.assets = [self.asset]
            return step

    provider = Reusing(folder)
    result = new().step(provider, model="a").step(provider, model="b").run()
    first, second = result.assets
    assert first.asset_id != second.asset_id
    assert result.local_path(first) != result.local_path(second)
    assert all(verify_file(result.local_path(asset), plugins=kernel_plugins()).ok for asset in result.assets)


@pytest.mark.parametrize("base", [Painter, AsyncPainter])
@pytest.mark.parametrize(
    "raised",
    [
        OddError("odd"),
        SystemExit(3),
        StopIteration("x"),
        asyncio.CancelledError(),
        ExceptionGroup("g", [ValueError("v")]),
    ],
    ids=lambda raised: type(raised).__name__,
)
def test_odd_exceptions_fail_the_step_and_nothing_else(new, folder, base, raised):
    result = (
        new()
        .step(base(folder, errors=[raised]), model="m")
        .step(Painter(folder), model="m")
        .run(fail_fast=False, raise_on_failure=False)
    )
    assert [step.status for step in result.run.steps] == ["failed", "succeeded"]
    assert result.run.steps[0].error


def test_a_late_job_id_is_kept_in_the_record(new, folder):
    leave = threading.Event()

    class Late(Queue):
        def submit(self, step, config=None):
            assert leave.wait(60)
            return super().submit(step, config)

    step = new().step(Late(folder), model="m").run(timeout=0.1, raise_on_failure=False).run.steps[0]
    assert (step.error_code, step.upstream_id) == ("timeout", None)
    leave.set()
    deadline = time.monotonic() + 60
    while step.upstream_id is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert step.upstream_id == "job-1"


def test_an_early_job_id_is_kept_although_submit_hangs(new, folder):
    leave = threading.Event()

    class Telling:
        name = "telling"

        def job(self, request, context):
            self.context = context
            return self

        def submit(self):
            self.context.accepted("known")
            leave.wait(60)
            return "known"

    step = new().step(Telling(), model="m").run(timeout=0.1, raise_on_failure=False).run.steps[0]
    leave.set()
    assert (step.error_code, step.upstream_id) == ("timeout", "known")


@pytest.mark.parametrize(("told", "heard"), [(42, 1.0), (-1, 0.0), (0.5, 0.5), (math.nan, None), (None, None)])
def test_strange_progress_is_brought_into_range(new, folder, told, heard):
    class Boasting(Queue):
        def poll_progress(self, prediction_id):
            return {"progress_pct": told, "message": "hm", "preview_url": "http://plain.test/x.png"}

    events = list(new().step(Boasting(folder), model="m").stream())
    progress = [event for event in events if event.type == "step.progress" and event.message == "hm"]
    assert progress
    assert {event.progress_pct for event in progress} == {heard}
    assert {event.preview_url for event in progress} == {None}
    assert events[-1].type == "pipeline.completed"


@pytest.mark.parametrize("answer", [{"progress_pct": "50 %"}, ["x"], ProviderError("no progress"), {"message": 5}])
def test_progress_is_no_reason_to_lose_a_job(new, folder, answer):
    class Broken(Queue):
        def poll_progress(self, prediction_id):
            if isinstance(answer, Exception):
                raise answer
            return answer

    assert [event.type for event in new().step(Broken(folder), model="m").stream()][-1] == "pipeline.completed"
    assert new().step(Broken(folder), model="m").run(on_progress=lambda event: None).ok


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (["a.png"], "no Asset but str"),
        ([None], "no Asset but NoneType"),
        ([Asset(url="file:///no/such.png", media_type="image/png")], "no file"),
    ],
)
def test_outputs_that_are_none_fail_the_step_with_a_word_about_it(new, folder, answer, said):
    class Wrong(Painter):
        def painted(self, step):
            step.assets = answer
            return step

    step = new().step(Wrong(folder), model="m").run(raise_on_failure=False).run.steps[0]
    assert step.status == StepStatus.FAILED
    assert said in step.error


def test_a_failure_whose_text_no_manifest_can_hold_costs_no_other_step_its_manifest(new, folder):
    class Failing(Painter):
        def painted(self, step):
            raise FileNotFoundError(2, "No such file", "caf\udce9.png")

    made = new().step(Painter(folder), model="m").step(Failing(folder), model="m")
    result = made.run(raise_on_failure=False)
    assert "caf\\udce9.png" in result.run.steps[1].error
    assert verify_file(result.local_path(result.assets[0]), plugins=kernel_plugins()).ok


def test_an_amount_of_any_kind_becomes_a_float(new, folder):
    result = new().step(Painter(folder, cost=Decimal("0.04")), model="m").step(Painter(folder, cost=1), model="m").run()
    assert result.total_cost_usd == pytest.approx(1.04)
    assert [type(step.cost_usd) for step in result.run.steps] == [float, float]


@pytest.mark.parametrize("cost", ["four", math.nan, object(), 10**400, -1.0])
def test_what_is_no_amount_counts_as_unknown(new, folder, cost):
    result = new().step(Painter(folder, cost=cost), model="m").run()
    assert result.run.steps[0].cost_usd is None
    assert not result.cost_is_complete


def test_a_field_of_the_wrong_type_is_not_recorded(new, folder):
    class Typed(Painter):
        def painted(self, step):
            step.model_version = 5.5
            step.seed = "seven"
            step.model_hash = "ff"
            return super().painted(step)

    result = new().step(Typed(folder), model="m", seed=1).run()
    step = result.run.steps[0]
    assert (step.seed, step.model_hash) == (1, "ff")
    assert verify_file(result.local_path(result.assets[0]), plugins=kernel_plugins()).ok


def test_a_native_job_object_needs_no_base_class(new, folder):
    class Native:
        name = "native"

        def job(self, request, context):
            log = []

            class Job:
                poll_interval = 0.001

                async def submit(self):
                    return Submitted("n1", estimated_seconds=0.01)

                def poll(self, job_id):
                    log.append(job_id)
                    context.progress(0.5, "half")
                    return JobStatus(len(log) > 1, 0.25, poll_after=0.001)

                async def fetch(self, job_id):
                    path = paint(context.path_for("native-1", ".png"), request.prompt)
                    return Generation(
                        assets=(png(path),), cost_usd=0.1, payload={"x": 1}, changes={"model_version": "7"}
                    )

            return Job()

    step = new().step(Native(), model="m", prompt="a fox").run().run.steps[0]
    assert (step.upstream_id, step.model_version, step.cost_usd) == ("n1", "7", 0.1)
    assert step.provider_payload["x"] == 1


def test_a_provider_by_name_takes_the_same_road(folder):
    from sample_pipelines import pipeline_in

    painter = Painter(folder)
    plugins = kernel_plugins(acme=painter_plugin(painter, "acme-images"))
    step = pipeline_in(folder, plugins=plugins).step("acme-images", model="m", prompt="a fox").run().run.steps[0]
    assert (step.provider, painter.calls) == ("acme-images", 1)


def test_parts_of_a_published_provider_may_be_async(new, folder):
    class Mixed(BaseProvider):
        name = "mixed"
        poll_interval = 0.001

        def submit(self, step, config=None):
            return "m1"

        async def poll(self, prediction_id, config=None):
            return True

        async def fetch_output(self, prediction_id, step):
            step.assets = [png(paint(folder / "mixed.png", "x"))]
            return step

    assert new().step(Mixed(), model="m").run().ok


def test_an_output_that_cannot_be_fetched_keeps_its_address(folder):
    from sample_pipelines import pipeline_in

    from genblaze import Capability, hookimpl

    class Offline:
        @hookimpl
        def provides(self):
            return [Capability(hook="fetch", key="https")]

        @hookimpl
        def fetch(self, url, target, context):
            async def fail():
                raise ProviderError("connection reset", error_code=ProviderErrorCode.SERVER_ERROR)

            return fail()

    class Remote(Painter):
        def painted(self, step):
            step.assets = [Asset(url="https://vendor.test/a.png", media_type="image/png")]
            return step

    pipeline = pipeline_in(folder, plugins=kernel_plugins(offline=Offline())).step(Remote(folder), model="m")
    step = pipeline.run(raise_on_failure=False).run.steps[0]
    assert (step.status, step.error_code) == ("failed", "server_error")
    assert [asset.url for asset in step.assets] == ["https://vendor.test/a.png"]


@pytest.mark.parametrize("identity", ["../../elsewhere", "/elsewhere", "", "0"])
def test_an_output_gets_a_file_of_its_own_whatever_its_vendor_calls_it(new, folder, identity):
    class Remote(Painter):
        def painted(self, step):
            step.assets = [Asset(url=f"data:text/plain,{step.prompt}", media_type="text/plain", asset_id=identity)]
            return step

    made = [new().step(Remote(folder), model="m", prompt=prompt).run() for prompt in ("one", "two")]
    paths = [result.local_path(result.assets[0]) for result in made]
    assert [path.read_text() for path in paths] == ["one", "two"]
    assert {path.parent for path in paths} == {folder.absolute()}


def test_a_job_that_was_accepted_is_not_bought_again_elsewhere(new, folder):
    lost = [ProviderError("502", error_code=ProviderErrorCode.SERVER_ERROR) for _ in range(9)]
    queue = Queue(folder, errors={"poll": lost}, retry_policy=NOW)
    result = new().step(queue, model="m", fallback_models=["other"]).run(raise_on_failure=False)
    assert len(queue.told("submit")) == 1
    assert result.run.steps[0].upstream_id == "job-1"
    assert result.run.steps[0].error_code == "server_error"


def test_a_job_whose_model_failed_falls_back(new, folder):
    failed = ProviderError("model crashed", error_code=ProviderErrorCode.MODEL_ERROR)
    queue = Queue(folder, errors={"poll": [failed]}, retry_policy=NOW)
    step = new().step(queue, model="m", fallback_models=["other"]).run().run.steps[0]
    assert (step.model, step.fallback_from, step.upstream_id) == ("other", "m", "job-2")
