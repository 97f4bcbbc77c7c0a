"""Builders: every field arrives, and nothing that is built is shared."""

from genblaze.builders import RunBuilder, StepBuilder
from genblaze.models import Modality, PromptVisibility, RunStatus, Step, StepStatus, StepType


def test_a_step_builder_sets_every_field():
    step = (
        StepBuilder("p", "m")
        .prompt("a fox")
        .negative_prompt("snow")
        .modality(Modality.VIDEO)
        .visibility(PromptVisibility.PRIVATE)
        .step_type(StepType.EDIT)
        .seed(7)
        .model_version("2")
        .model_hash("ff")
        .status(StepStatus.SUCCEEDED)
        .params(a=1, b=1)
        .params(b=2)
        .meta(x=1)
        .meta(y=2)
        .input_asset("file:///in.png", "image/png", width=5)
        .asset("file:///out.mp4", "video/mp4", duration=3)
        .build()
    )
    assert (step.provider, step.model, step.prompt, step.negative_prompt) == ("p", "m", "a fox", "snow")
    assert (step.modality, step.prompt_visibility) == (Modality.VIDEO, PromptVisibility.PRIVATE)
    assert (step.step_type, step.status, step.seed) == (StepType.EDIT, StepStatus.SUCCEEDED, 7)
    assert (step.model_version, step.model_hash) == ("2", "ff")
    assert step.params == {"a": 1, "b": 2}
    assert step.metadata == {"x": 1, "y": 2}
    assert step.inputs[0].width == 5
    assert step.assets[0].duration == 3.0


def test_a_run_builder_sets_every_field():
    run = (
        RunBuilder("demo")
        .run_id("r1")
        .tenant("t")
        .project("pr")
        .parent("r0")
        .status(RunStatus.COMPLETED)
        .meta(a=1)
        .meta(b=2)
        .build()
    )
    assert (run.name, run.run_id, run.tenant_id, run.project_id) == ("demo", "r1", "t", "pr")
    assert (run.parent_run_id, run.status, run.metadata) == ("r0", RunStatus.COMPLETED, {"a": 1, "b": 2})


def test_an_empty_name_counts_as_none():
    assert RunBuilder("").build().name is None


def test_steps_of_a_built_run_know_their_run_and_position():
    run = RunBuilder().add_step(Step(provider="p", model="a")).add_step(Step(provider="p", model="b")).build()
    assert [(step.run_id, step.step_index, step.model) for step in run.steps] == [
        (run.run_id, 0, "a"),
        (run.run_id, 1, "b"),
    ]


def test_a_built_run_shares_nothing_with_the_steps_it_was_given():
    step = Step(provider="p", model="m", params={"a": [1]}, metadata={})
    builder = RunBuilder().add_step(step)
    built = builder.build().steps[0]
    built.params["a"].append(2)
    built.metadata["x"] = 1
    assert (step.params, step.metadata) == ({"a": [1]}, {})
    assert (step.run_id, step.step_index) == (None, None)
    assert builder.build().steps[0].params == {"a": [1]}


def test_a_step_builder_can_go_on_after_building():
    builder = StepBuilder("p", "m").params(a=[1]).asset("x", "a/b")
    first = builder.build()
    first.params["a"].append(2)
    first.assets[0].url = "moved"
    second = builder.prompt("more").build()
    assert second.params == {"a": [1]}
    assert second.assets[0].url == "x"
    assert first.prompt is None
