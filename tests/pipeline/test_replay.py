"""Replay: what a change reaches runs again, everything else is reused, and nothing is made up."""

import pytest
from sample_pipelines import Painter, kernel_plugins, paint, png

from genblaze import (
    GenblazeError,
    InvalidValueError,
    Manifest,
    ManifestError,
    PipelineError,
    ProviderError,
    ProviderErrorCode,
)
from genblaze.pipeline import Replay
from genblaze.pipeline.replay import parse_change
from genblaze.redaction import redact


@pytest.fixture
def recorded(new, painter):
    """A run of four steps: 0 feeds 1 and 2, which feed 3."""
    pipeline = new("film", tenant_id="tenant", project_id="p").metadata(campaign="spring")
    pipeline.step(painter, model="a", prompt="fox", seed=1, negative_prompt="blur", size="s", step_name="base")
    pipeline.step(painter, model="b", prompt="left", input_from="base", metadata={"shot": 1})
    pipeline.step(painter, model="c", prompt="right", input_from="base", prompt_visibility="private")
    pipeline.step(painter, model="d", prompt="both", input_from=[2, 1])
    return pipeline.run()


@pytest.fixture
def replay(painter, folder):
    def _replay(manifest, changes=None, **options):
        defaults = {"providers": {"painter": painter}, "output_dir": folder, "plugins": kernel_plugins()}
        return Replay(manifest, changes, **(defaults | options))

    return _replay


def fates(replay):
    return [each.why for each in replay.steps]


def test_without_a_change_everything_is_reused_and_the_hash_is_the_same(recorded, replay, painter):
    again = replay(recorded.manifest)
    assert fates(again) == [None] * 4
    result = again.run()
    assert painter.calls == 4  # those of the recorded run
    assert result.manifest.canonical_hash == recorded.manifest.canonical_hash
    assert result.run.parent_run_id == recorded.run.run_id
    assert [step.cached for step in result.run.steps] == [True] * 4
    assert result.total_cost_usd == 0.0


def test_a_change_runs_its_step_and_those_that_take_its_output(recorded, replay, painter):
    again = replay(recorded.manifest, {1: {"seed": 9}})
    assert fates(again) == [None, "changed: seed", None, "takes the output of step 1"]
    result = again.run()
    assert [step.model for step in painter.seen[4:]] == ["b", "d"]
    assert painter.seen[4].seed == 9
    assert [step.cached for step in result.run.steps] == [True, False, True, False]
    fed = [asset.sha256 for asset in result.run.steps[3].inputs]
    assert fed == [result.run.steps[index].assets[0].sha256 for index in (2, 1)]
    assert result.run.steps[1].metadata == {"shot": 1}
    assert result.run.metadata == {"campaign": "spring"}
    assert (result.run.tenant_id, result.run.project_id) == ("tenant", "p")


def test_prompts_parameters_and_models_can_be_changed(recorded, replay, painter):
    changes = {"prompt": "wolf", "negative_prompt": "fog", "model": "e", "size": "l", "steps": 3}
    replay(recorded.manifest, {0: changes}).run()
    seen = painter.seen[4]
    assert (seen.prompt, seen.negative_prompt, seen.model, seen.seed) == ("wolf", "fog", "e", 1)
    assert seen.params == {"size": "l", "steps": 3}


def test_a_step_whose_output_is_gone_or_has_changed_runs_again(recorded, replay, painter):
    recorded.local_path(recorded.run.steps[1].assets[0]).unlink()
    paint(recorded.local_path(recorded.run.steps[2].assets[0]), "another picture")
    again = replay(recorded.manifest)
    assert [bool(why) for why in fates(again)] == [False, True, True, True]
    assert "gone or has changed: file://" in again.steps[1].why
    again.run()
    assert [step.model for step in painter.seen[4:]] == ["b", "c", "d"]


def test_outputs_that_were_moved_are_found_in_the_folder(recorded, replay, painter, folder, tmp_path):
    moved = tmp_path / "moved"
    folder.rename(moved)
    again = replay(recorded.manifest, folder=moved)
    assert fates(again) == [None] * 4
    again.run()
    assert painter.calls == 4


def test_inputs_from_outside_stay_inputs(new, painter, replay, tmp_path):
    given = png(paint(tmp_path / "in.png", "given"))
    recorded = new().step(painter, model="m", prompt="x", external_inputs=[given]).run()
    result = replay(recorded.manifest, {0: {"prompt": "y"}}).run()
    assert [asset.url for asset in result.run.steps[0].inputs] == [given.url]


def test_a_step_that_failed_runs_again(new, folder, replay, painter):
    failing = Painter(folder, broken={"b": ValueError("gone")})
    with pytest.raises(PipelineError) as caught:
        new(chain=True).step(failing, model="a", prompt="x").step(failing, model="b", prompt="y").run()
    again = replay(caught.value.result.manifest)
    assert fates(again) == [None, "was failed"]
    assert again.run().ok
    assert painter.calls == 1


def test_the_model_that_ran_is_the_one_that_is_declared(new, folder, replay):
    gone = ProviderError("gone", error_code=ProviderErrorCode.MODEL_ERROR)
    failing = Painter(folder, broken={"a": gone})
    recorded = new().step(failing, model="a", prompt="x", fallback_models=["b"]).run()
    again = replay(recorded.manifest)
    assert fates(again) == [None]
    assert again.pipeline().steps[0].model == "b"


def test_a_hidden_prompt_is_refused_and_can_be_given(recorded, replay, painter):
    hidden = redact(recorded.manifest)
    with pytest.raises(GenblazeError, match=r"hides prompt of step 2\. .*--change 2\.prompt="):
        replay(hidden)
    again = replay(hidden, {2: {"prompt": "right"}})
    again.run()
    assert painter.seen[4].prompt == "right"
    assert painter.seen[4].prompt_visibility == "private"


def test_a_hidden_parameter_is_refused(recorded, replay):
    with pytest.raises(GenblazeError, match="hides size of step 0"):
        replay(redact(recorded.manifest, params=["size"]), {2: {"prompt": "right"}})


def test_an_altered_manifest_is_refused(recorded, replay):
    altered = Manifest.model_validate_json(recorded.manifest.to_canonical_json())
    altered.run.steps[0].seed = 2
    with pytest.raises(ManifestError, match="canonical hash"):
        replay(altered)


def test_a_change_of_a_step_that_does_not_exist_is_refused(recorded, replay):
    with pytest.raises(GenblazeError, match="no step 4; the run has 4"):
        replay(recorded.manifest, {4: {"seed": 1}})


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("0.seed=7", (0, "seed", 7)),
        ("1.prompt=7", (1, "prompt", "7")),
        ("1.prompt=a=b", (1, "prompt", "a=b")),
        ("0.size=768x512", (0, "size", "768x512")),
        ('0.size="7"', (0, "size", "7")),
        ("0.caption=false", (0, "caption", False)),
        ("12.camera.angle=null", (12, "camera.angle", None)),
    ],
)
def test_a_change_is_written_as_step_name_value(text, change):
    assert parse_change(text) == change


@pytest.mark.parametrize("text", ["seed=7", "0.seed", "0.=7", "x.seed=7", "-1.seed=7", ""])
def test_anything_else_is_no_change(text):
    with pytest.raises(InvalidValueError, match="STEP.NAME=VALUE"):
        parse_change(text)
