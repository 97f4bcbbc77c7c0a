"""Taking in what was made elsewhere: it is recorded as it is, and feeds later steps like any output."""

import pytest
from sample_pipelines import kernel_plugins, paint, png, sha256

from genblaze import Asset, GenblazeError, Modality, Pipeline, PipelineError
from genblaze.pipeline import Replay


@pytest.fixture
def photo(tmp_path):
    return png(paint(tmp_path / "photo.png", "photo"))


def path_of(asset):
    return asset.url.removeprefix("file://")


def test_an_input_is_recorded_as_the_published_package_does(new, photo):
    result = new().input(photo, source="camera", metadata={"roll": 7, "source": "?"}).run()
    step = result.run.steps[0]
    assert (step.provider, step.model, step.step_type, step.modality) == (None, "camera", "ingest", Modality.IMAGE)
    assert step.metadata == {"roll": 7, "source": "camera"}
    assert step.inputs == []
    assert (step.assets[0].url, step.assets[0].sha256) == (photo.url, sha256(path_of(photo)))
    assert result.manifest.verify()


def test_later_steps_use_it_by_chain_name_and_index(new, painter, photo):
    def inputs(pipeline):
        return [asset.sha256 for asset in pipeline.run().run.steps[-1].inputs]

    digest = sha256(path_of(photo))
    assert inputs(new(chain=True).input(photo).step(painter, model="m")) == [digest]
    assert inputs(new().input(photo, step_name="photo").step(painter, model="m", input_from="photo")) == [digest]
    assert inputs(new().input(photo, photo).step(painter, model="m", input_from=0)) == [digest, digest]


@pytest.mark.needs_plugins
def test_the_file_stays_as_it_is_and_the_next_step_gets_it_without_its_manifest(new, painter, folder, tmp_path):
    from genblaze.plugins import default_plugins

    made = Pipeline("first", output_dir=folder).step(painter, model="m", prompt="a").run()
    path = made.local_path(made.assets[0])
    before = path.read_bytes()
    again = Pipeline("second", output_dir=tmp_path / "two", plugins=default_plugins())
    again.input(png(path)).step(painter, model="m", prompt="b", input_from=0).run()
    assert path.read_bytes() == before
    given = painter.seen[-1].inputs[0]
    assert sha256(path_of(given)) == made.assets[0].sha256 != sha256(path)


def test_a_missing_or_changed_file_fails_the_step_before_anything_is_paid(new, painter, photo, tmp_path):
    gone = Asset(url=(tmp_path / "gone.png").as_uri(), media_type="image/png")
    changed = photo.model_copy(update={"sha256": "0" * 64})
    for asset, text in ((gone, "does not exist"), (changed, "has changed")):
        with pytest.raises(PipelineError, match=text):
            new().input(asset).step(painter, model="m", input_from=0).run()
    assert painter.calls == 0


@pytest.mark.parametrize(
    ("assets", "options", "text"),
    [
        ([], {}, "no asset"),
        (["photo.png"], {}, "takes assets, not str"),
        ([Asset(url="file:///x", media_type="image/png")], {"step_type": "edit"}, "'ingest' or 'import'"),
        ([Asset(url="file:///x", media_type="image/png")], {"source": ""}, "where the assets come from"),
    ],
)
def test_what_cannot_be_taken_in_is_refused_when_it_is_declared(new, assets, options, text):
    with pytest.raises(GenblazeError, match=text):
        new().input(*assets, **options)


def test_the_items_of_a_batch_go_to_the_step_that_asks(new, painter, photo):
    pipeline = new().input(photo).step(painter, model="m", prompt="x", input_from=0)
    pipeline.batch_run(["a", "b"])
    pipeline.batch_run(items=[{"prompt": "c", "size": "s"}])
    assert sorted(step.prompt for step in painter.seen) == ["a", "b", "c"]
    assert [step.params for step in painter.seen if step.prompt == "c"] == [{"size": "s"}]


def test_a_replay_takes_it_in_again(new, painter, photo, folder):
    recorded = new().input(photo, source="camera").step(painter, model="m", prompt="x", input_from=0).run()
    options = {"providers": {"painter": painter}, "output_dir": folder, "plugins": kernel_plugins()}
    again = Replay(recorded.manifest, **options)
    assert [each.why for each in again.steps] == [None, None]
    assert again.run().manifest.canonical_hash == recorded.manifest.canonical_hash
    assert painter.calls == 1
    with pytest.raises(GenblazeError, match="step 0 only takes in what came from camera"):
        Replay(recorded.manifest, {0: {"seed": 1}}, **options)
