"""Media that exist already get a record of their own."""

import hashlib

import pytest

from genblaze import Asset, GenblazeError, Pipeline
from genblaze.models.enums import StepType


class Sink:
    def write_run(self, run, manifest):
        self.written = run, manifest


def a_file(tmp_path, content=b"taken yesterday"):
    path = tmp_path / "photo.bin"
    path.write_bytes(content)
    return Asset(url=path.as_uri(), media_type="image/x-raw")


def test_each_asset_becomes_a_finished_step_without_a_provider(tmp_path):
    sound = Asset(url="https://h/a.mp3", media_type="audio/mpeg", sha256="0" * 64)
    result = Pipeline.ingest(
        [a_file(tmp_path), sound], source="archive", source_metadata={"box": 7}, name="old", tenant_id="t"
    )
    steps = result.run.steps
    assert [(step.provider, step.model, step.step_type, step.modality) for step in steps] == [
        (None, "archive", "ingest", "image"),
        (None, "archive", "ingest", "audio"),
    ]
    assert steps[0].metadata == {"box": 7, "source": "archive"}
    assert (result.run.name, result.run.tenant_id, str(result.run.status)) == ("old", "t", "completed")
    assert result.manifest.verify()


def test_a_file_is_hashed_and_the_given_asset_is_left_as_it_is(tmp_path):
    asset = a_file(tmp_path)
    taken = Pipeline.ingest([asset], source="archive").run.steps[0].assets[0]
    assert taken.sha256 == hashlib.sha256(b"taken yesterday").hexdigest()
    assert taken.size_bytes == 15
    assert asset.sha256 is None


def test_the_record_goes_to_the_sink_and_a_failing_sink_loses_nothing(tmp_path):
    class Failing:
        def write_run(self, run, manifest):
            raise OSError("disk full")

    sink = Sink()
    result = Pipeline.ingest([a_file(tmp_path)], source="archive", sink=[sink, Failing()])
    assert sink.written[0].run_id == result.run.run_id
    assert "disk full" in result.error_summary()


def test_nothing_and_steps_that_need_a_provider_are_refused(tmp_path):
    with pytest.raises(GenblazeError, match="no assets"):
        Pipeline.ingest([], source="archive")
    with pytest.raises(GenblazeError, match="ingest or import"):
        Pipeline.ingest([a_file(tmp_path)], source="archive", step_type=StepType.GENERATE)
