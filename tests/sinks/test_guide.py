"""The storage program of the published guide, with a folder for a bucket and an offline provider."""

import pytest

pytestmark = pytest.mark.needs_plugins


@pytest.mark.parametrize("strategy", ["HIERARCHICAL", "CONTENT_ADDRESSABLE"])
def test_the_program_of_the_guide_stores_what_it_made(tmp_path, monkeypatch, strategy):
    from genblaze import LocalFolderStore, verify_file
    from genblaze.file_urls import path_of
    from genblaze_core import KeyStrategy, Modality, ObjectStorageSink, Pipeline
    from genblaze_local import LocalImageProvider

    monkeypatch.chdir(tmp_path)
    storage = ObjectStorageSink(LocalFolderStore("my-bucket"), key_strategy=KeyStrategy[strategy])
    result = (
        Pipeline("stored")
        .step(
            LocalImageProvider(output_dir="output/"),
            model="local-image-1",
            prompt="a red fox",
            modality=Modality.IMAGE,
        )
        .run(sink=storage)
    )
    assert result.ok, result.error_summary()
    asset = result.run.steps[0].assets[0]
    assert asset.url.startswith((tmp_path / "my-bucket").as_uri())
    assert verify_file(path_of(asset.url), detached=path_of(result.manifest.manifest_uri).read_bytes()).ok
    local = result.local_path(asset)
    assert local.parent == tmp_path / "output"
    assert verify_file(local).ok


def test_media_that_exist_already_are_stored_from_wherever_they_lie(tmp_path, monkeypatch):
    import tempfile

    from sample_pipelines import paint, png

    from genblaze import LocalFolderStore
    from genblaze_core import ObjectStorageSink
    from genblaze_core.pipeline.ingest import ingest_assets

    own = png(paint(tmp_path / "home" / "own.png", "own"))
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    monkeypatch.setattr("genblaze.file_urls.CLOCK_SLACK", -3600.0)
    result = ingest_assets([own], source="camera", sink=ObjectStorageSink(LocalFolderStore(tmp_path / "bucket")))
    assert result.ok, result.error_summary()
    assert result.assets[0].url.startswith((tmp_path / "bucket").as_uri())


def test_objects_may_carry_the_manifest_and_still_be_what_was_generated(tmp_path):
    from genblaze import InvalidValueError, LocalFolderStore, parse_manifest, verify_file
    from genblaze.file_urls import path_of
    from genblaze_core import KeyStrategy, ObjectStorageSink, Pipeline
    from genblaze_local import LocalImageProvider

    store = LocalFolderStore(tmp_path / "bucket")
    with pytest.raises(InvalidValueError, match="HIERARCHICAL"):
        ObjectStorageSink(store, embed=True)
    storage = ObjectStorageSink(store, embed=True, key_strategy=KeyStrategy.HIERARCHICAL)
    pipeline = Pipeline("embedded", output_dir=tmp_path / "out")
    for _ in range(2):
        pipeline.step(
            LocalImageProvider(), model="local-image-1", prompt="a secret fox", prompt_visibility="private", seed=1
        )
    result = pipeline.run(sink=storage)
    assert result.ok, result.error_summary()
    stored = parse_manifest(path_of(result.manifest.manifest_uri).read_bytes())
    assert len({asset.url for asset in result.assets}) == 2
    for asset in result.assets:
        found = verify_file(path_of(asset.url))
        assert found.ok, found.message
        assert found.source == "inline"
        assert found.manifest.canonical_hash == stored.canonical_hash
        assert found.manifest.manifest_uri == result.manifest.manifest_uri
        assert b"secret" not in path_of(asset.url).read_bytes()
