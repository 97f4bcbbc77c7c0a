"""Tables of runs: what Arrow reads back, what is left out, and what a second writing changes."""

import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from sample_pipelines import Painter, pipeline_in

from genblaze import (
    Asset,
    AudioMetadata,
    EmbedPolicy,
    Manifest,
    Modality,
    PromptVisibility,
    Run,
    RunStatus,
    SinkError,
    Step,
    StepStatus,
    StepType,
    Track,
    VideoMetadata,
)
from genblaze.cli.main import cli
from genblaze_parquet import ParquetSink


def step(provider="painter", **options):
    return Step(**{"provider": provider, "model": "m", "prompt": "a fox", "status": StepStatus.SUCCEEDED} | options)


def run_of(*steps, **options):
    moment = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    return Run(
        run_id="run-1", name="tables", status=RunStatus.COMPLETED, created_at=moment, steps=list(steps), **options
    )


def write(folder, run, **options):
    ParquetSink(folder, **options).write_run(run, Manifest.from_run(run))


def read(folder, table):
    return ds.dataset(folder / table, format="parquet", partitioning="hive").to_table().to_pylist()


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*.parquet")}


def test_a_run_stands_under_its_day_tenant_modality_and_provider(tmp_path):
    write(tmp_path, run_of(step(assets=[Asset(url="file:///fox.png", media_type="image/png")])))
    partition = "dt=2026-11-22/tenant_id=default/modality=image/provider=painter/run-1.parquet"
    assert files(tmp_path) == {f"{table}/{partition}" for table in ("runs", "steps", "assets")}


def test_each_step_stands_under_its_own_modality_and_provider_and_the_run_under_those_of_all(tmp_path):
    write(tmp_path, run_of(step(), step("speaker", modality=Modality.AUDIO), tenant_id="acme"))
    assert [(each["provider"], each["modality"]) for each in read(tmp_path, "runs")] == [
        ("painter_speaker", "audio_image")
    ]
    assert {(each["provider"], each["modality"]) for each in read(tmp_path, "steps")} == {
        ("painter", "image"),
        ("speaker", "audio"),
    }


def test_a_step_without_a_provider_is_read_as_null(tmp_path):
    write(tmp_path, run_of(step(None, step_type=StepType.INGEST), step()))
    assert {each["provider"] for each in read(tmp_path, "steps")} == {None, "painter"}


@pytest.mark.parametrize("name", ["../../outside", "a/b", "a=b&c", "..", "_x", "ü"])
def test_no_name_leads_out_of_the_folder(tmp_path, name):
    folder = tmp_path / "tables"
    run = run_of(step(name), tenant_id=name)
    run.run_id = name
    write(folder, run)
    write(folder, run)
    assert {path.relative_to(folder).parts[0] for path in folder.rglob("*.parquet")} == {"runs", "steps"}
    assert list(tmp_path.iterdir()) == [folder]
    (row,) = read(folder, "runs")
    assert (row["run_id"], row["tenant_id"], row["provider"]) == (name, name, name)


def test_the_rows_hold_what_the_manifest_says(tmp_path):
    asset = Asset(url="https://cdn.test/a.png?X-Amz-Signature=secret", media_type="image/png", sha256="a" * 64, width=8)
    run = run_of(
        step(seed=7, params={"size": "8x8"}, cost_usd=0.25, assets=[asset], inputs=[asset]),
        step(),
        metadata={"by": "me"},
    )
    write(tmp_path, run)
    (row,) = read(tmp_path, "runs")
    assert row["canonical_hash"] == Manifest.from_run(run).canonical_hash
    assert (row["status"], row["step_count"], row["cost_usd"], row["cost_is_complete"]) == ("completed", 2, 0.25, False)
    assert (row["created_at"], json.loads(row["metadata_json"])) == ("2026-11-22T23:30:00+00:00", {"by": "me"})
    first, second = sorted(read(tmp_path, "steps"), key=lambda each: each["step_index"])
    assert (first["seed"], json.loads(first["params_json"]), first["prompt"]) == (7, {"size": "8x8"}, "a fox")
    assert second["cost_usd"] is None
    (made,) = read(tmp_path, "assets")
    assert (made["sha256"], made["width"], made["step_id"]) == ("a" * 64, 8, run.steps[0].step_id)
    assert made["url"] == "https://cdn.test/a.png"
    assert "secret" not in first["inputs_json"]


def test_what_is_known_of_pictures_and_sound_has_columns_of_its_own(tmp_path):
    facts = {
        "video": VideoMetadata(codec="h264", frame_rate=25, has_audio=True, color_space="bt709", bitrate=9),
        "audio": AudioMetadata(codec="aac", sample_rate=48_000, channels=2),
        "tracks": [Track(kind="video"), Track(kind="audio")],
    }
    write(tmp_path, run_of(step(assets=[Asset(url="file:///a.mp4", media_type="video/mp4", **facts)])))
    (made,) = read(tmp_path, "assets")
    names = "video_codec frame_rate has_audio color_space video_bitrate audio_codec sample_rate channels track_count"
    assert [made[name] for name in names.split()] == ["h264", 25.0, True, "bt709", 9, "aac", 48_000, 2, 2]


#: As genblaze-core 0.3.8 writes them, in its order.
PUBLISHED = {
    "runs": "run_id parent_run_id tenant_id project_id name status step_count canonical_hash created_at",
    "steps": (
        "run_id step_id provider model step_type modality status prompt seed params_json asset_count retries cost_usd "
        "error error_code started_at completed_at"
    ),
    "assets": (
        "run_id step_id asset_id url media_type sha256 size_bytes width height duration frame_rate video_codec "
        "video_bitrate color_space has_audio sample_rate channels audio_codec track_count"
    ),
}


@pytest.mark.parametrize("table", PUBLISHED)
def test_the_published_columns_come_first_and_under_their_names(tmp_path, table):
    write(tmp_path, run_of(step(assets=[Asset(url="file:///fox.png", media_type="image/png")])))
    names = pq.read_schema(next((tmp_path / table).rglob("*.parquet"))).names
    assert names[: len(PUBLISHED[table].split())] == PUBLISHED[table].split()


def test_a_run_that_the_published_package_wrote_is_replaced(tmp_path):
    partition = "dt=2026-11-22/tenant_id=default/modality=audio_image/provider=painter_speaker"
    for table in PUBLISHED:
        (tmp_path / table / partition).mkdir(parents=True)
        pq.write_table(pa.table({"run_id": ["run-1"]}), tmp_path / table / partition / "run-1.parquet")
    (tmp_path / "_run_index").mkdir()
    (tmp_path / "_run_index" / "run-1.partition").write_text(partition)
    write(tmp_path, run_of(step(), step("speaker", modality=Modality.AUDIO)))
    assert {each["provider"] for each in read(tmp_path, "steps")} == {"painter", "speaker"}
    assert [path.name for path in (tmp_path / "_run_index").iterdir()] == ["run-1.json"]


@pytest.mark.parametrize("name", ["../victim.parquet", "runs/../../victim.parquet", "/etc/victim", 7])
def test_a_note_that_names_other_files_removes_none(tmp_path, name):
    victim, folder = tmp_path / "victim.parquet", tmp_path / "tables"
    victim.write_bytes(b"x")
    write(folder, run_of(step()))
    note = folder / "_run_index" / "run-1.json"
    note.write_text(json.dumps({"files": [name]}))
    write(folder, run_of(step()))
    assert victim.exists()


def test_every_file_of_a_table_has_the_same_columns_whatever_is_null(tmp_path):
    write(tmp_path / "one", run_of(step()))
    write(tmp_path / "two", run_of(step(seed=1, error="no", completed_at=datetime.now(UTC))))
    one, two = (pq.read_schema(next((tmp_path / name / "steps").rglob("*.parquet"))) for name in ("one", "two"))
    assert one == two


def test_writing_the_same_record_again_changes_no_file(tmp_path):
    run = run_of(step())
    write(tmp_path, run)
    before = {path: path.stat().st_ino for path in tmp_path.rglob("*.parquet")}
    write(tmp_path, run)
    assert {path: path.stat().st_ino for path in tmp_path.rglob("*.parquet")} == before


def test_a_run_that_has_changed_takes_the_place_of_its_old_rows(tmp_path):
    write(tmp_path, run_of(step("painter"), step("speaker")))
    write(tmp_path, run_of(step("painter"), step("other"), tenant_id="acme"))
    assert {each["provider"] for each in read(tmp_path, "steps")} == {"painter", "other"}
    assert [each["tenant_id"] for each in read(tmp_path, "runs")] == ["acme"]


def test_a_file_that_was_lost_is_written_again(tmp_path):
    write(tmp_path, run_of(step()))
    before = files(tmp_path)
    next((tmp_path / "runs").rglob("*.parquet")).unlink()
    write(tmp_path, run_of(step()))
    assert files(tmp_path) == before


def test_a_prompt_that_is_not_public_is_never_in_clear(tmp_path):
    write(tmp_path, run_of(step(prompt="my secret", prompt_visibility=PromptVisibility.PRIVATE)))
    assert read(tmp_path, "steps")[0]["prompt"].startswith("redacted:sha256:")


@pytest.mark.parametrize(
    ("policy", "prompt"),
    [({"prompt_visibility": "private"}, type(None)), ({"prompt_visibility": "redacted"}, str)],
)
def test_the_policy_leaves_out_prompts_params_and_seeds(tmp_path, policy, prompt):
    policy = EmbedPolicy(include_params=False, include_seed=False, **policy)
    write(tmp_path, run_of(step(prompt="my secret", seed=7, params={"a": 1})), policy=policy)
    (row,) = read(tmp_path, "steps")
    assert (row["seed"], row["params_json"], type(row["prompt"])) == (None, None, prompt)
    assert "secret" not in str(row)


def test_a_pipeline_writes_its_run_as_it_ends(tmp_path):
    result = (
        pipeline_in(tmp_path / "out")
        .step(Painter(tmp_path / "out"), model="m", prompt="a fox")
        .run(sink=ParquetSink(tmp_path / "tables"))
    )
    assert [each["sha256"] for each in read(tmp_path / "tables", "assets")] == [result.run.steps[0].assets[0].sha256]


def test_a_folder_that_cannot_be_made_is_refused_before_anything_is_paid(tmp_path):
    (tmp_path / "tables").write_text("a file")
    painter = Painter(tmp_path / "out")
    pipeline = pipeline_in(tmp_path / "out").step(painter, model="m", prompt="a fox")
    with pytest.raises(SinkError, match="ParquetSink: .*tables"):
        pipeline.run(sink=ParquetSink(tmp_path / "tables"))
    assert painter.calls == 0


def test_a_number_that_fits_no_column_is_a_sink_error(tmp_path):
    with pytest.raises(SinkError, match="cannot be written"):
        write(tmp_path, run_of(step(seed=1 << 80)))


def test_the_command_tables_reads_manifests_and_files_that_carry_one(tmp_path):
    result = pipeline_in(tmp_path / "out").step(Painter(tmp_path / "out"), model="m", prompt="a fox").run()
    document = result.save_manifest(tmp_path / "manifest.json")
    done = CliRunner().invoke(cli, ["tables", str(document), "-o", str(tmp_path / "tables")], catch_exceptions=False)
    assert (done.exit_code, done.output.split()[1:3]) == (0, ["1", "steps"])
    assert [each["run_id"] for each in read(tmp_path / "tables", "runs")] == [result.run.run_id]
