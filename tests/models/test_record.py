"""The accessors and the checks that all records share."""

import copy
import json
import pickle
from datetime import UTC, datetime
from pathlib import Path

import pytest

from genblaze.errors import GenblazeError, InvalidValueError
from genblaze.models import (
    Asset,
    AudioMetadata,
    EmbedPolicy,
    Manifest,
    Modality,
    Run,
    Step,
    StepStatus,
    VideoMetadata,
    WordTiming,
)
from genblaze.models.event import StepStartedEvent
from genblaze.models.record import new_id

ASSET = {"url": "file:///a.png", "media_type": "image/png"}


def test_values_are_coerced_at_construction_as_pydantic_does():
    asset = Asset(**ASSET, width="5", duration=5, height=7.0, video={"frame_rate": "29.97"})
    assert (asset.width, asset.height) == (5, 7)
    assert isinstance(asset.duration, float)
    assert asset.video == VideoMetadata(frame_rate=29.97)


def test_nested_dicts_become_records():
    run = Run(steps=[{"provider": "p", "model": "m", "modality": "video", "assets": [ASSET]}])
    [step] = run.steps
    assert step.modality is Modality.VIDEO
    assert isinstance(step.assets[0], Asset)


def test_a_text_field_given_an_enum_keeps_its_text():
    step = Step(provider=Modality.IMAGE, model="m")
    assert type(step.provider) is str
    assert step.provider == "image"


def test_assignment_is_not_checked():
    step = Step(provider="p", model="m")
    step.status = "nonsense"
    assert step.status == "nonsense"


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: Asset(media_type="a/b"), "Asset: Missing required argument 'url'"),
        (lambda: Asset(url=5, media_type="a/b"), r"Asset\.url cannot be made from this int"),
        (lambda: Asset(**ASSET, width="wide"), r"Asset\.width cannot be made from this str"),
        (lambda: Step(provider="p", model="m", modality="smell"), r"Step\.modality"),
        (lambda: Step(provider="p", model="m", assets=[ASSET, {}]), r"Step\.assets.*url"),
        (lambda: Step(provider="p", model="m", assets=[Asset(**ASSET), 5]), r"Step\.assets"),
        (lambda: Step(provider="p", model="m", params={1: 2}), r"Step\.params: keys must be str"),
        (lambda: Step(provider="p", model="m", colour="red"), "'colour'; its fields are step_id"),
        (lambda: Step.model_validate({"provider": "p", "model": "m", "colour": 1}), "colour"),
        (lambda: Run.model_validate([1]), "Run cannot be made from this list"),
        (lambda: Run.model_validate_json("{"), "Run: "),
        (lambda: EmbedPolicy(embed_mode="half"), r"EmbedPolicy\.embed_mode"),
    ],
)
def test_an_impossible_value_is_refused_by_class_and_field(make, complaint):
    with pytest.raises(InvalidValueError, match=complaint) as caught:
        make()
    assert isinstance(caught.value, GenblazeError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("kind", [Asset, Run, VideoMetadata])
def test_unknown_keys_are_ignored_by_all_but_steps(kind):
    known = ASSET if kind is Asset else {}
    assert not hasattr(kind(**known, colour="red"), "colour")
    assert not hasattr(kind.model_validate({**known, "colour": "red"}), "colour")


def test_records_do_not_share_the_containers_they_are_given():
    params, assets = {"a": 1}, [Asset(**ASSET)]
    first = Step(provider="p", model="m", params=params, assets=assets)
    second = Step(provider="p", model="m", params=params, assets=assets)
    first.params["b"] = 2
    first.assets.clear()
    assert params == second.params == {"a": 1}
    assert len(second.assets) == len(assets) == 1


def test_defaults_are_not_shared():
    Step(provider="p", model="m").params["a"] = 1
    assert Step(provider="p", model="m").params == {}


def full_run():
    return Run(
        name="r",
        created_at=datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=UTC),
        steps=[Step(provider="p", model="m", status=StepStatus.SUCCEEDED, assets=[ASSET], params={"a": [1]})],
    )


def test_a_python_dump_keeps_values_and_shares_nothing():
    run = full_run()
    dump = run.model_dump()
    assert dump["created_at"] == run.created_at
    assert dump["steps"][0]["status"] is StepStatus.SUCCEEDED
    dump["steps"][0]["params"]["a"].append(2)
    assert run.steps[0].params == {"a": [1]}
    assert list(dump)[:3] == ["run_id", "tenant_id", "project_id"]


def test_a_json_dump_is_plain_and_its_times_end_in_z():
    dump = full_run().model_dump(mode="json")
    assert dump["created_at"] == "2026-01-02T03:04:05.000600Z"
    assert type(dump["steps"][0]["status"]) is str
    assert json.loads(full_run().model_dump_json())["created_at"] == dump["created_at"]


def test_a_dump_can_be_narrowed():
    run = full_run()
    assert set(run.model_dump(include={"name", "status"})) == {"name", "status"}
    assert "steps" not in run.model_dump(exclude={"steps"})
    dump = run.model_dump(exclude_none=True)
    assert "tenant_id" not in dump
    assert "sha256" not in dump["steps"][0]["assets"][0]


def test_dumped_json_can_be_indented_and_holds_any_integer():
    step = Step(provider="p", model="m", seed=2**80)
    assert json.loads(step.model_dump_json(indent=2))["seed"] == 2**80
    assert step.model_dump_json(include={"model"}, indent=2) == '{\n  "model": "m"\n}'


def test_a_json_dump_writes_paths_as_text_and_refuses_what_json_has_no_word_for():
    assert Run(metadata={"p": Path("a/b")}).model_dump(mode="json")["metadata"] == {"p": "a/b"}
    with pytest.raises(InvalidValueError, match="object"):
        Run(metadata={"x": object()}).model_dump(mode="json")


def test_a_dump_can_be_read_again():
    run = full_run()
    assert Run.model_validate(run.model_dump()) == run
    assert Run.model_validate(run.model_dump(mode="json")) == run
    assert Run.model_validate_json(run.model_dump_json()) == run
    assert Run.model_validate(run) is run


def test_dict_of_a_record_gives_its_fields():
    asset = Asset(**ASSET)
    assert dict(asset)["url"] == asset.url
    assert Asset(**dict(asset)) == asset


def test_a_shallow_copy_shares_and_a_deep_one_does_not():
    run = full_run()
    assert run.model_copy().steps is run.steps
    for deep in (run.model_copy(deep=True), copy.deepcopy(run)):
        assert deep == run
        deep.steps[0].params["a"].append(2)
        assert run.steps[0].params == {"a": [1]}
    assert run.model_copy(update={"name": "other"}).name == "other"
    assert run.name == "r"


def test_copies_and_pickles_keep_assigned_values_unchecked():
    step = Step(provider="p", model="m")
    step.status = "nonsense"
    assert step.model_copy(deep=True).status == "nonsense"
    assert pickle.loads(pickle.dumps(step)) == step


def test_frozen_records_are_copied_with_updates_too():
    event = StepStartedEvent(run_id="r", step_id="s", step_index=0, total_steps=1, provider="p", model="m")
    assert event.model_copy(update={"model": "n"}).model == "n"
    assert event.model == "m"


def test_equality_is_by_field():
    asset = Asset(asset_id="1", **ASSET)
    assert asset == Asset(asset_id="1", **ASSET)
    assert asset != Asset(asset_id="2", **ASSET)


def test_identifiers_are_version_4_uuids():
    from uuid import UUID

    made = {new_id() for _ in range(100)}
    assert len(made) == 100
    assert all(str(UUID(text)) == text and UUID(text).version == 4 for text in made)


def test_the_additions_of_a_manifest_go_by_their_wire_name():
    manifest = Manifest(run=Run(), extensions={"a": 1})
    dump = manifest.model_dump()
    assert dump["genblaze"] == {"a": 1}
    assert Manifest.model_validate(dump) == manifest
    assert "genblaze" not in Manifest(run=Run()).model_dump()


def test_word_timings_given_as_dicts_become_records():
    audio = AudioMetadata(word_timings=[{"word": "hi", "start": 0, "end": "1.5"}])
    assert audio.word_timings == [WordTiming(word="hi", start=0.0, end=1.5)]
