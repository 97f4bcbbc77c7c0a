"""`genblaze pull`, and `genblaze verify` of what lies in stores, as people and scripts call them."""

import json

import pytest
from sample_pipelines import Painter, kernel_plugins, pipeline_in, sha256

from genblaze import (
    Asset,
    Capability,
    Fetched,
    KeyStrategy,
    LocalFolderStore,
    Manifest,
    ObjectStorageSink,
    Run,
    Step,
    hookimpl,
    verify_file,
)
from genblaze.builtin import sidecar
from genblaze.cli.main import run
from genblaze.config import load_config
from genblaze.embedding import sidecar_path
from genblaze.file_urls import path_of
from genblaze.plugins import PluginManager, set_default_plugins


class Bucket(LocalFolderStore):
    """A folder that calls its objects `acme://bucket/key`."""

    def url_of(self, key):
        super().url_of(key)
        return f"acme://bucket/{key}"

    def key_of(self, url):
        return url.removeprefix("acme://bucket/") if url.startswith("acme://bucket/") else None

    @hookimpl
    def provides(self):
        return [Capability(hook=hook, key="acme") for hook in ("store", "fetch")]

    @hookimpl
    def store(self, url):
        return self

    @hookimpl
    def fetch(self, url, target, context):
        async def brought():
            target.write_bytes(self.get(self.key_of(url)))
            return Fetched(path=target, size=target.stat().st_size, sha256=sha256(target))

        return brought()


class Plugin:
    """The hooks of a bucket, and nothing that looks like one."""

    def __init__(self, bucket):
        self.provides, self.store, self.fetch = bucket.provides, bucket.store, bucket.fetch


@pytest.fixture
def bucket(tmp_path):
    bucket = Bucket(tmp_path / "bucket")
    previous = set_default_plugins(kernel_plugins(bucket=Plugin(bucket)))
    yield bucket
    set_default_plugins(previous)


@pytest.fixture
def call(capsys):
    def _call(*arguments):
        code = run([str(each) for each in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return _call


@pytest.fixture
def result(bucket, tmp_path):
    painter = Painter(tmp_path / "made")
    pipeline = pipeline_in(tmp_path / "out").step(painter, model="a").step(painter, model="b")
    return pipeline.run(sink=ObjectStorageSink(bucket))


def object_of(bucket, asset):
    return path_of(LocalFolderStore(bucket._root).url_of(bucket.key_of(asset.url)))


def test_a_pulled_run_verifies_file_by_file(call, result, tmp_path):
    code, out, _ = call("pull", result.manifest.manifest_uri, "-o", tmp_path / "home")
    assert code == 0
    files = [tmp_path / "home" / f"{asset.asset_id}.png" for asset in result.assets]
    assert out.splitlines() == [f"pulled  {path}" for path in files]
    for path, asset in zip(files, result.assets, strict=True):
        found = verify_file(path)
        assert (found.ok, found.asset.asset_id) == (True, asset.asset_id)
    assert call("pull", result.manifest.manifest_uri, "-o", tmp_path / "home")[0] == 0
    assert not list((tmp_path / "home").glob(".genblaze-*"))


@pytest.mark.parametrize("strategy", KeyStrategy)
@pytest.mark.parametrize("prefix", ["", "genblaze", "media/mine"])
def test_a_run_is_pulled_by_its_id(call, bucket, tmp_path, strategy, prefix):
    pipeline = pipeline_in(tmp_path / "out").step(Painter(tmp_path / "made"), model="a")
    result = pipeline.run(sink=ObjectStorageSink(bucket, prefix=prefix, key_strategy=strategy))
    place = "acme://bucket/media/mine/" if prefix == "media/mine" else "acme://bucket"
    code, out, err = call("pull", result.run.run_id, "--from", place, "-o", tmp_path / "home")
    assert (code, out, err) == (0, f"pulled  {tmp_path / 'home' / result.assets[0].asset_id}.png\n", "")
    assert verify_file(tmp_path / "home" / f"{result.assets[0].asset_id}.png").ok


def test_the_settings_say_where_runs_are_looked_for(call, bucket, result, tmp_path):
    code, _, err = call("pull", result.run.run_id, "-o", tmp_path / "home")
    assert (code, "--from" in err, "GENBLAZE_STORE" in err) == (1, True, True)
    told = PluginManager(load_config(environ={"GENBLAZE_STORE": "acme://bucket"}), autoload=False)
    for name, plugin in (("bucket", Plugin(bucket)), ("sidecar", sidecar)):
        told.register(plugin, name)
    previous = set_default_plugins(told)
    assert call("pull", result.run.run_id, "-o", tmp_path / "home")[0] == 0
    code, _, err = call("pull", "0f0c6d3e-none", "-o", tmp_path / "home")
    assert (code, "acme://bucket has no manifest of run 0f0c6d3e-none" in err) == (1, True)
    code, _, err = call("pull", "not/there.json", "-o", tmp_path / "home")
    assert (code, "no file not/there.json" in err) == (1, True)
    set_default_plugins(previous)


def test_a_changed_output_is_not_kept_and_the_others_are(call, bucket, result, tmp_path):
    object_of(bucket, result.assets[0]).write_bytes(b"something else")
    code, _, err = call("pull", result.manifest.manifest_uri, "-o", tmp_path / "home")
    assert code == 1
    assert result.assets[0].asset_id in err
    assert [path.name for path in (tmp_path / "home").glob("*.png")] == [f"{result.assets[1].asset_id}.png"]


def test_a_file_that_is_there_is_not_overwritten_by_another_content(call, result, tmp_path):
    mine = tmp_path / f"{result.assets[0].asset_id}.png"
    mine.write_bytes(b"mine")
    assert call("pull", result.manifest.manifest_uri, "-o", tmp_path)[0] == 1
    assert mine.read_bytes() == b"mine"


def test_nothing_is_pulled_by_a_changed_manifest(call, bucket, result, tmp_path):
    key = bucket.key_of(result.manifest.manifest_uri)
    bucket.put(key, bucket.get(key).replace(b'"model":"a"', b'"model":"c"'))
    code, _, err = call("pull", result.manifest.manifest_uri, "-o", tmp_path / "home")
    assert (code, "canonical_hash" in err) == (1, True)
    assert not (tmp_path / "home").exists()


def test_a_manifest_from_elsewhere_names_no_file_of_this_machine(call, bucket, result, tmp_path):
    secret = tmp_path / "made" / "secret.png"
    secret.write_bytes(b"secret")
    key = bucket.key_of(result.manifest.manifest_uri)
    url = result.assets[0].url.encode()
    bucket.put(key, bucket.get(key).replace(url, secret.as_uri().encode()))
    code, _, err = call("pull", result.manifest.manifest_uri, "-o", tmp_path / "home")
    assert code == 1
    assert "cannot name a file of this machine" in err


def test_reading_all_stored_data_tells_which_object_was_changed(call, bucket, result):
    code, out, _ = call("verify", "--read-data", result.manifest.manifest_uri)
    assert code == 0
    assert [line.split()[:2] for line in out.splitlines()] == [["exact", asset.url] for asset in result.assets]
    object_of(bucket, result.assets[0]).write_bytes(object_of(bucket, result.assets[1]).read_bytes())
    object_of(bucket, result.assets[1]).unlink()
    code, out, _ = call("verify", "--read-data", "--json", result.manifest.manifest_uri)
    assert code == 1
    files = json.loads(out)["files"]
    assert [each["verdict"] for each in files] == ["foreign", "unreadable"]
    assert "another output of the run" in files[0]["message"]


def test_what_lies_at_a_url_is_verified_like_a_file(call, bucket, result):
    code, out, _ = call("verify", result.manifest.manifest_uri)
    assert (code, out.split()[:2]) == (0, ["exact", result.manifest.manifest_uri])
    manifest = object_of(bucket, result.manifest.run.steps[0].assets[0]).parents[3] / "manifests"
    code, out, _ = call("verify", result.assets[0].url, "--manifest", next(manifest.iterdir()))
    assert (code, out.split()[:2]) == (0, ["exact", result.assets[0].url])
    code, out, _ = call("verify", "acme://bucket/nothing")
    assert (code, out.split()[0]) == (1, "unreadable")


def test_the_published_options_read_the_outputs_that_a_file_or_its_sidecar_names(call, result, tmp_path):
    first, second = (result.local_path(asset) for asset in result.assets)
    for asset, path in zip(result.assets, (first, second), strict=True):
        asset.url = path.as_uri()
    carrier = tmp_path / "carrier.txt"
    carrier.write_text("anything")
    sidecar_path(carrier).write_text(result.manifest.to_canonical_json())
    code, out, _ = call("verify", "--fetch", "--allowed-root", tmp_path, carrier)
    assert (code, [line.split()[0] for line in out.splitlines()]) == (0, ["exact", "exact"])
    second.write_bytes(b"other")
    code, out, _ = call("verify", "--fetch", carrier)
    assert (code, [line.split()[0] for line in out.splitlines()]) == (1, ["exact", "altered"])
    assert call("verify", "--allowed-root", tmp_path, carrier)[0] == 2
    assert call("verify", "--fetch", "--hash-only", carrier)[0] == 2


def test_a_manifest_without_a_digest_of_an_output_passes_only_as_a_document(call, tmp_path):
    told = Asset(url="https://h.test/a.png", media_type="image/png")
    manifest = Manifest.from_run(Run(steps=[Step(provider="p", model="m", assets=[told])]))
    path = tmp_path / "manifest.json"
    path.write_text(manifest.to_canonical_json())
    code, out, _ = call("verify", path)
    assert (code, "no digest" in out) == (1, True)
    assert call("verify", "--hash-only", path)[0] == 0
