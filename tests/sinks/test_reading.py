"""Single assets, and manifests read back: by run, by asset, strictly or not."""

import pytest
from sample_pipelines import kernel_plugins, paint, png, sha256

from genblaze import (
    KeyStrategy,
    LocalFolderStore,
    Manifest,
    ManifestError,
    ObjectStorageSink,
    Run,
    SinkError,
    Step,
    StorageError,
    UnverifiedAssetError,
)
from genblaze.file_urls import path_of
from genblaze.models.manifest import MAX_MANIFEST_BYTES


@pytest.fixture
def store(tmp_path):
    return LocalFolderStore(tmp_path / "store")


@pytest.fixture
def sink(store):
    return sink_of(store)


def sink_of(store, **options):
    return ObjectStorageSink(store, plugins=kernel_plugins(), **options)


def stored_run(tmp_path, sink, **fields):
    asset = png(paint(tmp_path / "a.png", "a"))
    asset.set_hash((tmp_path / "a.png").read_bytes())
    run = Run(steps=[Step(provider="p", model="m", assets=[asset])], **fields)
    manifest = Manifest.from_run(run)
    sink.write_run(run, manifest)
    return run, manifest


def test_a_single_asset_gets_its_digest_and_a_lasting_url(tmp_path, store, sink):
    asset = png(paint(tmp_path / "a.png", "a"))
    assert sink.put_asset(asset) is asset
    assert asset.sha256 == sha256(tmp_path / "a.png") == sha256(path_of(asset.url))
    assert store.key_of(asset.url) == f"genblaze/assets/{asset.sha256[:2]}/{asset.sha256[2:4]}/{asset.sha256}.png"


def test_assets_outside_a_run_lie_beside_the_runs_of_their_tenant(tmp_path, store):
    assets = [png(paint(tmp_path / f"{name}.PNG", name)) for name in "ab"]
    sink_of(store, key_strategy=KeyStrategy.HIERARCHICAL).put_assets(assets, tenant_id="acme")
    assert [store.key_of(asset.url) for asset in assets] == [
        f"genblaze/runs/acme/assets/{asset.asset_id}.PNG" for asset in assets
    ]


def test_an_asset_that_cannot_be_stored_says_why_and_stays_as_it_was(tmp_path, sink):
    asset = png(tmp_path / "nowhere.png")
    with pytest.raises(StorageError, match="there is no file"):
        sink.put_asset(asset)
    assert asset.sha256 is None


def test_the_manifest_of_a_run_is_read_back(tmp_path, sink):
    run, manifest = stored_run(tmp_path, sink)
    assert sink.manifest_url_for(run) == manifest.manifest_uri
    assert sink.read_manifest(run).canonical_hash == manifest.canonical_hash


def test_the_manifest_of_an_asset_is_found_by_its_tenant_and_by_nobody_else(tmp_path, store, sink):
    run, manifest = stored_run(tmp_path, sink, tenant_id="acme")
    asset = run.steps[0].assets[0]
    sink.put_asset(asset, manifest_uri=manifest.manifest_uri, tenant_id="acme")
    found = sink.read_manifest_for_asset(asset.asset_id, tenant_id="acme")
    assert found.canonical_hash == manifest.canonical_hash
    assert sink.read_manifest_for_asset(asset.asset_id, tenant_id="other") is None
    assert sink.read_manifest_for_asset("unknown", tenant_id="acme") is None
    assert [entry.key for entry in store.list("genblaze/_index/").entries] == [
        f"genblaze/_index/acme/{asset.asset_id}.json"
    ]
    with pytest.raises(SinkError, match="tenant_id"):
        sink.put_asset(asset, manifest_uri=manifest.manifest_uri)


def test_notes_of_older_programs_are_read(tmp_path, store, sink):
    run, manifest = stored_run(tmp_path, sink, tenant_id="acme")
    asset_id = run.steps[0].assets[0].asset_id
    note = f'{{"manifest_uri": "{manifest.manifest_uri}"}}'
    store.put(f"genblaze/_index/{asset_id}.json", note.encode())
    assert sink.read_manifest_for_asset(asset_id, tenant_id="acme") is None
    older = sink_of(store, legacy_index_tenant_id="acme")
    assert older.read_manifest_for_asset(asset_id, tenant_id="acme").canonical_hash == manifest.canonical_hash


def test_a_changed_manifest_is_not_believed(tmp_path, store, sink):
    run, _ = stored_run(tmp_path, sink)
    key = sink.manifest_key_for(run)
    store.put(key, store.get(key).replace(b'"model":"m"', b'"model":"n"'))
    with pytest.raises(ManifestError, match="canonical_hash"):
        sink.read_manifest(run)
    assert sink.read_manifest(run, verify=False).run.steps[0].model == "n"


def test_an_object_that_is_too_long_for_a_manifest_is_not_read_whole(tmp_path, store, sink, monkeypatch):
    run, _ = stored_run(tmp_path, sink)
    key = sink.manifest_key_for(run)
    store.put(key, b"[" * (MAX_MANIFEST_BYTES + 1000))
    read, get = [], store.get
    monkeypatch.setattr(store, "get", lambda *given: read.append(get(*given)) or read[-1])
    with pytest.raises(ManifestError):
        sink.read_manifest(run)
    assert [len(each) for each in read] == [MAX_MANIFEST_BYTES + 1]


def test_outputs_without_a_digest_are_refused_by_strict_readers_only(store, sink, tmp_path, monkeypatch):
    run = Run(steps=[Step(provider="p", model="m", assets=[png(tmp_path / "a.png")])])
    store.put(sink.manifest_key_for(run), Manifest.from_run(run).to_canonical_json().encode())
    assert sink.read_manifest(run).run.run_id == run.run_id
    monkeypatch.setenv("GENBLAZE_STRICT_MANIFEST_READS", "1")
    strict = sink_of(store)
    with pytest.raises(UnverifiedAssetError):
        strict.read_manifest(run)
    with pytest.raises(SinkError):
        strict.read_manifest(run, allow_unverified_assets=True)
    assert sink_of(store, allow_unverified_manifest_reads=True).read_manifest(run).run.run_id == run.run_id
