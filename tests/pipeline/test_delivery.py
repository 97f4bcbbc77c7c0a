"""What a run leaves behind: manifests in files, results in memory, and everything at the sinks."""

import hashlib
import json
import sys
import tempfile
from pathlib import Path

import pytest
from sample_pipelines import Painter, Sink, kernel_plugins, paint, png, sha256

from genblaze import (
    Asset,
    EmbedPolicy,
    GenblazeError,
    PipelineError,
    Verdict,
    extract_manifest,
    parse_manifest,
    verify_file,
)
from genblaze.embedding import content_digest, sidecar_path
from genblaze.redaction import reveals


def test_every_local_output_carries_the_manifest_and_verifies(new, folder):
    class Two(Painter):
        def painted(self, step):
            first = super().painted(step).assets
            step.assets = first + super().painted(step).assets
            return step

    result = new().step(Two(folder), model="a").step(Painter(folder), model="b").run()
    assert len(result.assets) == 3
    for asset, index in zip(result.assets, (0, 0, 1), strict=True):
        found = verify_file(result.local_path(asset), plugins=kernel_plugins())
        assert (found.verdict, found.step_index) == (Verdict.EXACT, index)
        assert found.manifest.canonical_hash == result.manifest.canonical_hash
        assert asset.sha256 == sha256(result.local_path(asset))
        assert asset.size_bytes == result.local_path(asset).stat().st_size


def test_a_callback_that_ends_the_program_leaves_finished_outputs_with_their_manifest(new, folder):
    painter = Painter(folder)
    with pytest.raises(SystemExit):
        new().step(painter, model="m").step(painter, model="m").run(on_step_complete=lambda _: sys.exit(3))
    (made,) = folder.glob("*.png")
    assert verify_file(made, plugins=kernel_plugins()).verdict == Verdict.EXACT


@pytest.mark.needs_plugins
def test_a_png_carries_its_manifest_inside_and_its_digest_is_the_pristine_one(tmp_path):
    from genblaze import Pipeline

    class Remembering(Painter):
        def painted(self, step):
            step = super().painted(step)
            self.pristine = sha256(Path(step.assets[0].url.removeprefix("file://")))
            return step

    sink = Sink()
    painter = Remembering(tmp_path)
    result = Pipeline("png", output_dir=tmp_path).step(painter, model="m").run(sink=sink)
    asset = result.assets[0]
    path = result.local_path(asset)
    assert result.deliveries.embedded[asset.asset_id].method == "inline"
    assert asset.sha256 == painter.pristine == sink.contents[0]
    assert sha256(path) != painter.pristine
    assert verify_file(path).ok
    assert (asset.width, asset.height) == (8, 8)


def test_equal_runs_have_equal_hashes(new, painter):
    pipeline = new("same").step(painter, model="m", prompt="a fox", seed=1)
    assert pipeline.run().manifest.canonical_hash == pipeline.run().manifest.canonical_hash


def test_private_prompts_are_hidden_in_files_and_full_in_memory(new, painter, tmp_path):
    result = new().step(painter, model="m", prompt="my secret fox", prompt_visibility="private").run()
    step = result.run.steps[0]
    assert step.prompt == "my secret fox"
    assert result.manifest.run.steps[0].prompt == "my secret fox"
    path = result.local_path(result.assets[0])
    shown = extract_manifest(path, plugins=kernel_plugins())
    assert shown.run.steps[0].prompt.startswith("redacted:sha256:")
    assert verify_file(path, plugins=kernel_plugins()).ok
    assert b"secret" not in result.save_manifest(tmp_path / "m.json").read_bytes()
    full = result.save_manifest(tmp_path / "full.json", full=True).read_bytes()
    assert parse_manifest(full).run.steps[0].prompt == "my secret fox"
    assert "secret" not in repr(result)


def test_saving_writes_a_copy_that_verifies(new, painter, tmp_path):
    result = new().step(painter, model="m").run()
    saved = result.save(tmp_path / "deep" / "fox.png")
    assert saved.path == tmp_path / "deep" / "fox.png"
    assert verify_file(saved.path).ok


def test_saving_without_embedding_writes_a_sidecar_or_nothing(new, painter, tmp_path):
    result = new().step(painter, model="m").run()
    beside = result.save(tmp_path / "plain.png", embed=False)
    assert (beside.method, beside.sidecar_path) == ("sidecar", tmp_path / "plain.png.genblaze.json")
    assert sha256(beside.path) == result.assets[0].sha256
    assert verify_file(beside.path).ok
    bare = result.save(tmp_path / "bare.png", policy=EmbedPolicy(embed_mode="none"))
    assert (bare.method, sha256(bare.path)) == ("none", result.assets[0].sha256)
    assert not sidecar_path(bare.path).exists()


def test_saving_one_of_several_outputs_needs_to_know_which(new, painter, tmp_path):
    result = new().step(painter, model="a").step(painter, model="b").run()
    with pytest.raises(GenblazeError, match="2 outputs"):
        result.save(tmp_path / "x.png")
    result.save(tmp_path / "x.png", asset=result.assets[1])
    assert content_digest(tmp_path / "x.png").sha256 == result.assets[1].sha256


def test_a_file_that_is_none_of_the_runs_outputs_is_said_to_be_none(new, painter, tmp_path, caplog):
    result = new().step(painter, model="m").run()
    output, result.deliveries.paths = result.local_path(result.assets[0]), {}  # as after a restart, or elsewhere
    result.save(output)
    assert caplog.text == ""
    result.save(paint(tmp_path / "stranger.png", "another"))
    assert "stranger.png is none of the run's outputs" in caplog.text


def test_an_output_elsewhere_has_no_local_path(new, folder, tmp_path):
    from genblaze.mocks import MockProvider

    result = new().step(MockProvider(), model="m").run()
    assert result.local_path(result.assets[0]) is None
    with pytest.raises(GenblazeError, match="not on this machine"):
        result.save(tmp_path / "x.bin")


def test_the_result_of_a_failed_run_is_in_the_error(new, folder):
    painter = Painter(folder, errors=[])
    broken = Painter(folder, errors=[ValueError("no")])
    with pytest.raises(PipelineError) as failed:
        new("n").step(painter, model="a").step(broken, model="b").run()
    result = failed.value.result
    assert failed.value.failed_step_index == 1
    assert result.error_summary() == "Step 1 (painter/b): ValueError: no"
    assert verify_file(result.local_path(result.assets[0]), plugins=kernel_plugins()).ok


def test_a_run_without_output_does_not_verify(new, folder):
    result = new().step(Painter(folder, errors=[ValueError("no")]), model="m").run(raise_on_failure=False)
    assert not result.manifest.verify()


def test_local_paths_stay_valid_when_a_sink_rewrites_addresses(new, painter):
    class Moving(Sink):
        def write_run(self, run, manifest):
            super().write_run(run, manifest)
            run.steps[0].assets[0].url = "https://bucket.test/fox.png"
            manifest.manifest_uri = "https://bucket.test/manifest.json"

    result = new().step(painter, model="m").run(sink=Moving())
    path = result.local_path(result.assets[0])
    assert path.is_file()
    embedded = extract_manifest(path, plugins=kernel_plugins())
    assert embedded.manifest_uri == "https://bucket.test/manifest.json"
    assert embedded.run.steps[0].assets[0].url == "https://bucket.test/fox.png"


def test_a_sink_that_fails_early_still_gets_the_run(new, painter):
    class Early(Sink):
        def on_step_complete(self, step, **told):
            raise OSError("not yet")

    sink = Early()
    assert new().step(painter, model="m").run(sink=sink).ok
    assert len(sink.runs) == 1


def test_embedding_can_be_left_out(new, painter, folder):
    result = new().step(painter, model="m").run(embed=False)
    assert [path.suffix for path in folder.iterdir()] == [".png"]
    assert result.deliveries.embedded == {}


def test_a_manifest_that_cannot_be_written_leaves_the_output(new, folder, caplog):
    class ReadOnly(Painter):
        def painted(self, step):
            step = super().painted(step)
            path = Path(step.assets[0].url.removeprefix("file://"))
            path.with_name(path.name + ".genblaze.json").mkdir()
            return step

    result = new().step(ReadOnly(folder), model="m").run()
    assert result.run.status == "completed"
    assert result.local_path(result.assets[0]).is_file()
    assert "could not be put into" in caplog.text


def test_a_saved_manifest_says_what_ran(new, painter, tmp_path):
    result = new("n", tenant_id="t", project_id="pr").metadata(a=1).step(painter, model="m", prompt="p").run()
    data = json.loads(result.save_manifest(tmp_path / "m.json").read_text())
    run = data["run"]
    assert (run["name"], run["tenant_id"], run["project_id"], run["metadata"]) == ("n", "t", "pr", {"a": 1})
    assert data["canonical_hash"] == result.manifest.canonical_hash


def test_a_run_knows_its_parent(new, painter):
    first = new().step(painter, model="m").run()
    assert new().from_result(first).step(painter, model="m").run().run.parent_run_id == first.run.run_id


def test_files_of_a_given_name_are_never_taken_for_outputs_of_another_run(new, folder, tmp_path):
    class Fixed(Painter):
        """Writes into the same file each time."""

        def painted(self, step):
            step.assets = [png(paint(folder / "same.png", step.prompt))]
            return step

    provider = Fixed(folder)
    new().step(provider, model="m", prompt="a").run()
    second = new().step(provider, model="m", prompt="b").run()
    found = verify_file(folder / "same.png", plugins=kernel_plugins())
    assert (found.verdict, found.manifest.run.run_id) == (Verdict.EXACT, second.run.run_id)


def test_what_was_hashed_while_it_was_fetched_is_not_read_for_it_again(new, folder, monkeypatch):
    class Inline(Painter):
        def painted(self, step):
            step.assets = [Asset(url="data:image/png;base64,YWJj", media_type="image/png")]
            return step

    def again(*_, **__):
        pytest.fail("it was hashed once more")

    monkeypatch.setattr("genblaze.embedding.content_digest", again)
    asset = new().step(Inline(folder), model="m").run().assets[0]
    assert (asset.sha256, asset.size_bytes) == (hashlib.sha256(b"abc").hexdigest(), 3)


@pytest.fixture
def foreign(tmp_path, monkeypatch):
    """A picture that was there before, in no folder of the run; and a provider that returns it."""
    picture = paint(tmp_path / "home" / "mine.png", "mine")
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    monkeypatch.setattr("genblaze.file_urls.CLOCK_SLACK", -3600.0)

    class Vendor(Painter):
        def painted(self, step):
            step.assets = [png(picture)]
            return step

    return picture, Vendor(tmp_path)


def test_a_file_that_the_run_did_not_write_is_neither_read_nor_written(new, foreign):
    picture, vendor = foreign
    before = picture.read_bytes()
    with pytest.raises(PipelineError, match="lies in no folder of the run") as failed:
        new().step(vendor, model="m").run()
    assert failed.value.result.assets == []
    assert (picture.read_bytes(), list(picture.parent.iterdir())) == (before, [picture])


def test_a_file_in_a_folder_that_the_user_named_is_taken(new, foreign):
    picture, vendor = foreign
    vendor.output_dir = picture.parent
    assert new().step(vendor, model="m").run().ok


def test_a_file_that_is_handed_on_is_taken_wherever_it_lies(new, foreign):
    picture, vendor = foreign
    assert new().step(vendor, model="m", external_inputs=[png(picture)]).run().ok


def test_a_pipeline_says_whether_its_files_carry_the_manifest_and_a_run_may_differ(new, painter, folder):
    pipeline = new(embed=False).step(painter, model="m")
    assert pipeline.run().deliveries.embedded == {}
    assert list(folder.glob("*.json")) == []
    [embedded] = pipeline.run(embed=True).deliveries.embedded.values()
    assert verify_file(embedded.path, plugins=kernel_plugins()).ok


def test_a_policy_hides_every_prompt_and_the_full_manifest_proves_it(new, painter, tmp_path):
    policy = EmbedPolicy(prompt_visibility="redacted")
    result = new(embed=policy).step(painter, model="m", prompt="a public fox").run()
    [embedded] = result.deliveries.embedded.values()
    shown = extract_manifest(embedded.path, plugins=kernel_plugins())
    assert shown.run.steps[0].prompt.startswith("redacted:sha256:")
    assert verify_file(embedded.path, plugins=kernel_plugins()).ok
    full = parse_manifest(result.save_manifest(tmp_path / "full.json", full=True).read_bytes())
    assert reveals(full, shown)


def test_a_pointer_names_the_manifest_that_the_sink_stored(new, painter):
    class Storing(Sink):
        def write_run(self, run, manifest):
            super().write_run(run, manifest)
            manifest.manifest_uri = "https://bucket.test/manifest.json"

    pipeline = new(embed=EmbedPolicy(embed_mode="pointer")).step(painter, model="m")
    [embedded] = pipeline.run(sink=Storing()).deliveries.embedded.values()
    assert embedded.method == "pointer"
    pointer = json.loads(embedded.sidecar_path.read_bytes())
    assert pointer["manifest_uri"] == "https://bucket.test/manifest.json"
    assert verify_file(embedded.path, plugins=kernel_plugins()).verdict is Verdict.NO_MANIFEST


@pytest.mark.parametrize(
    ("embed", "complaint"),
    [
        (EmbedPolicy(embed_mode="pointer"), "needs a sink"),
        (EmbedPolicy(include_params=False), "params and seed"),
        (EmbedPolicy(prompt_visibility="private"), "prompt_visibility 'private'"),
        ("full", "must be True, False or an EmbedPolicy"),
    ],
)
def test_a_policy_that_cannot_be_met_is_refused_before_money_is_spent(new, painter, embed, complaint):
    with pytest.raises(GenblazeError, match=complaint):
        new().step(painter, model="m").run(embed=embed)
    assert painter.calls == 0


@pytest.mark.needs_plugins
def test_what_came_in_is_not_hashed_again_to_embed_the_manifest(tmp_path, monkeypatch):
    from genblaze import Pipeline
    from genblaze.embedding import edits

    sizes = []
    digest = edits.digest_plan
    for user in ("genblaze.embedding.embed", "genblaze.embedding.recording"):
        monkeypatch.setattr(f"{user}.digest_plan", lambda file, plan: sizes.append(plan.size) or digest(file, plan))
    result = Pipeline("png", output_dir=tmp_path).step(Painter(tmp_path), model="m").run()
    whole, essence = sizes
    assert whole == result.assets[0].size_bytes
    assert essence < whole
    assert verify_file(result.local_path(result.assets[0])).ok
