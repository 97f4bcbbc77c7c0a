"""How steps depend on each other: chains, named inputs, fan-in, failures on the way, inputs from outside."""

import time

import pytest
from sample_pipelines import Painter, Queue, kernel_plugins, paint, png, sha256

from genblaze import GenblazeError, ProviderError, ProviderErrorCode, StepStatus, embed_manifest, verify_file
from genblaze.hookspecs import hookimpl

NO = ProviderError("no", error_code=ProviderErrorCode.MODEL_ERROR)


def inputs_seen(painter):
    return {step.model: [asset.sha256 for asset in step.inputs] for step in painter.seen}


def digests(step):
    return [asset.sha256 for asset in step.assets]


def test_a_chain_gives_each_step_the_assets_of_the_one_before(new, painter):
    steps = new(chain=True).step(painter, model="a").step(painter, model="b").step(painter, model="c").run().run.steps
    assert inputs_seen(painter) == {"a": [], "b": digests(steps[0]), "c": digests(steps[1])}


def test_inputs_are_named_by_index_or_name_and_keep_their_order(new, painter):
    pipeline = new().step(painter, model="a", step_name="sketch").step(painter, model="b")
    pipeline.step(painter, model="c", input_from=[1, "sketch"]).step(painter, model="d", input_from="sketch")
    steps = pipeline.run().run.steps
    seen = inputs_seen(painter)
    assert seen["c"] == digests(steps[1]) + digests(steps[0])
    assert seen["d"] == digests(steps[0])
    assert [asset.sha256 for asset in steps[2].inputs] == seen["c"]


async def test_steps_stand_in_order_of_declaration_whatever_ends_first(new, folder):
    pipeline = new()
    for seconds in (0.2, 0.1, 0.0):
        pipeline.step(Painter(folder, seconds=seconds), model=f"m{seconds}")
    run = (await pipeline.arun()).run
    assert [step.model for step in run.steps] == ["m0.2", "m0.1", "m0.0"]
    assert [step.step_index for step in run.steps] == [0, 1, 2]
    assert run.steps[2].completed_at < run.steps[0].completed_at


async def test_a_step_starts_when_its_own_inputs_are_there(new, folder):
    quick, slow = Painter(folder), Painter(folder, seconds=0.5)
    pipeline = new().step(slow, model="slow").step(quick, model="quick").step(quick, model="next", input_from=1)
    run = (await pipeline.arun()).run
    assert run.steps[2].completed_at < run.steps[0].completed_at


async def test_a_failure_cancels_what_is_under_way_and_what_waits(new, folder):
    queue = Queue(folder, polls=10**6)
    broken = Painter(folder, seconds=0.1, broken={"bad": NO})
    pipeline = new().step(queue, model="long").step(broken, model="bad").step(broken, model="after", input_from=0)
    started = time.monotonic()
    run = (await pipeline.arun(raise_on_failure=False)).run
    assert time.monotonic() - started < 20
    assert [step.status for step in run.steps] == ["cancelled", "failed", "cancelled"]
    assert [step.error for step in run.steps] == ["Cancelled: step 1 failed", "no", "Cancelled: step 1 failed"]


def test_without_fail_fast_the_others_go_on(new, folder):
    painter = Painter(folder, broken={"bad": NO})
    pipeline = new().step(painter, model="bad").step(painter, model="good")
    run = pipeline.run(fail_fast=False, raise_on_failure=False).run
    assert [step.status for step in run.steps] == ["failed", "succeeded"]
    assert run.status == "failed"


def test_a_step_whose_named_input_failed_never_reaches_its_provider(new, folder):
    painter = Painter(folder, broken={"bad": NO})
    pipeline = new().step(painter, model="bad").step(painter, model="next", input_from=0)
    step = pipeline.run(fail_fast=False, raise_on_failure=False).run.steps[1]
    assert [seen.model for seen in painter.seen] == ["bad"]
    assert (step.status, step.error_code, step.inputs) == (StepStatus.FAILED, "invalid_input", [])
    assert "step 0 failed" in step.error
    assert step.completed_at is not None


def test_a_chain_goes_on_without_inputs_after_a_failure_that_is_tolerated(new, folder):
    painter = Painter(folder, broken={"bad": NO})
    pipeline = new(chain=True).step(painter, model="bad").step(painter, model="next")
    assert pipeline.run(fail_fast=False, raise_on_failure=False).run.steps[1].status == "succeeded"


def test_an_external_file_is_handed_over_without_its_manifest(new, folder, tmp_path):
    class Inline:
        """Puts manifests at the end of PNG files."""

        @hookimpl
        def provides(self):
            from genblaze import Capability

            return [Capability(hook="embed_manifest", key="image/png", magic=("89504e47",))]

        @hookimpl
        def inspect_media(self, reader):
            from genblaze.layout import Copy, EditPlan, Layout, decode_record

            content, *found = reader.read_at(0, reader.size).split(b"MINE")
            if not found:
                return Layout(media_type="image/png", size=reader.size)
            plan = EditPlan((Copy(0, len(content)),))
            record = decode_record(found[1])
            return Layout(media_type="image/png", size=reader.size, payload=found[0], record=record, restores=(plan,))

        @hookimpl
        def embed_manifest(self, layout, payload, record):
            from genblaze.layout import Copy, EditPlan, Literal, encode_record

            return EditPlan((Copy(0, layout.size), Literal(b"MINE" + payload + b"MINE" + encode_record(record))))

    class Reading(Painter):
        def painted(self, step):
            self.contents = [sha256(asset.url.removeprefix("file://")) for asset in step.inputs]
            return super().painted(step)

    class HandingOn(Painter):
        def painted(self, step):
            step.assets = step.inputs
            return step

    plugins = kernel_plugins(inline=Inline())
    pristine = sha256(paint(tmp_path / "in.png", "input"))
    first = new(plugins=plugins).step(Painter(folder), model="m").run()
    made = first.local_path(first.assets[0])
    assert sha256(made) != first.assets[0].sha256  # it carries a manifest
    reader = Reading(folder)
    result = new(plugins=plugins).step(reader, model="m", external_inputs=[png(made), png(tmp_path / "in.png")]).run()
    assert reader.contents == [first.assets[0].sha256, pristine]
    recorded = result.run.steps[0].inputs
    assert [asset.sha256 for asset in recorded] == reader.contents
    assert recorded[0].url == made.as_uri()
    for _ in range(2):
        handed = new(plugins=plugins).step(HandingOn(folder), model="pick", external_inputs=[png(made)]).run()
        assert handed.assets[0].sha256 == first.assets[0].sha256
        assert verify_file(made, plugins=plugins).manifest.canonical_hash == first.manifest.canonical_hash
    again = Reading(folder)
    new(plugins=plugins).step(again, model="m", external_inputs=[png(made)]).run()
    assert again.contents == [first.assets[0].sha256]


def test_an_input_that_has_changed_is_refused(new, painter, tmp_path):
    asset = png(paint(tmp_path / "in.png", "before"))
    asset.sha256 = sha256(tmp_path / "in.png")
    pipeline = new().step(painter, model="m", external_inputs=[asset])
    assert pipeline.run().ok
    paint(tmp_path / "in.png", "after")
    step = pipeline.run(raise_on_failure=False).run.steps[0]
    assert painter.calls == 1
    assert "has changed" in step.error


def test_an_input_that_is_missing_never_reaches_the_provider(new, painter, tmp_path):
    step = (
        new()
        .step(painter, model="m", external_inputs=[png(tmp_path / "no.png")])
        .run(raise_on_failure=False)
        .run.steps[0]
    )
    assert painter.calls == 0
    assert "does not exist" in step.error


def test_external_inputs_are_copied_when_declared(new, painter, tmp_path):
    asset = png(paint(tmp_path / "in.png", "x"))
    pipeline = new().step(painter, model="m", external_inputs=[asset])
    asset.url = "file:///elsewhere"
    assert pipeline.run().ok


@pytest.mark.parametrize("source", [1, 5, -1, True, "sketch", [0, 9]])
def test_inputs_that_cannot_be_are_refused_before_anything_is_paid(new, painter, source):
    pipeline = new().step(painter, model="a").step(painter, model="b", input_from=source)
    with pytest.raises(GenblazeError, match="step 1"):
        pipeline.run()
    assert painter.calls == 0


def test_a_failed_manifest_in_one_file_leaves_the_others_alone(new, folder, monkeypatch):
    class Vanishing(Painter):
        def painted(self, step):
            return super().painted(step)

    painter = Vanishing(folder)
    result = new().step(painter, model="a").step(painter, model="b").run(embed=False)
    result.local_path(result.assets[0]).unlink()
    plugins = kernel_plugins()
    embed_manifest(result.local_path(result.assets[1]), result.manifest, plugins=plugins)
    assert verify_file(result.local_path(result.assets[1]), plugins=plugins).step_index == 1
