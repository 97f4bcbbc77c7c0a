"""Pipelines that store in a bucket, and inputs that are fetched from one."""

import asyncio
import base64
import hashlib
import io
import subprocess
import sys

import pytest
from PIL import Image

from genblaze import ProviderError, ProviderErrorCode, StorageError
from genblaze.cli.main import run as cli
from genblaze.hookspecs import FetchContext
from genblaze.models.enums import StepStatus, StorageErrorCode
from genblaze.plugins import default_plugins
from genblaze.storing import PutOptions
from genblaze.testing import Answer, VendorSimulator
from genblaze_core import (
    Asset,
    KeyStrategy,
    Manifest,
    Modality,
    ObjectStorageSink,
    Pipeline,
    Run,
    Step,
    parse_manifest,
)

pytestmark = [pytest.mark.slow, pytest.mark.needs_plugins]


def keys_of(backend):
    return [entry.key for entry in backend.list().entries]


@pytest.fixture
def run(tmp_path):
    """Runs a pipeline with pictures of these prompts."""

    def running(sink, *prompts):
        pipeline = Pipeline("stored", output_dir=tmp_path / "output")
        for prompt in prompts:
            pipeline.step("local-image", model="local-image-1", prompt=prompt, modality=Modality.IMAGE)
        return pipeline.run(sink=sink)

    return running


GUIDE = """
from genblaze_core import Pipeline, Modality, ObjectStorageSink, KeyStrategy
from genblaze_openai import DalleProvider
from genblaze_s3 import S3StorageBackend

storage = ObjectStorageSink(
    S3StorageBackend.for_backblaze("my-bucket"),
    key_strategy=KeyStrategy.HIERARCHICAL,
)

result = (
    Pipeline("stored")
    .step(
        DalleProvider(),
        model="dall-e-3",
        prompt="a red fox",
        modality=Modality.IMAGE,
    )
    .run(sink=storage)
)

print("Permanent URL:", result.run.steps[0].assets[0].url)
"""


@pytest.mark.parametrize("strategy", KeyStrategy)
def test_the_storage_program_of_the_guide_works(backend, bucket, tmp_path, monkeypatch, amazon_variables, strategy):
    """Word for word, but for the bucket, the other strategy, and a vendor that is played on this machine."""
    monkeypatch.chdir(tmp_path)
    program = GUIDE.replace('S3StorageBackend.for_backblaze("my-bucket")', f'S3StorageBackend("{bucket}")').replace(
        "HIERARCHICAL", strategy.name
    )
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(picture, "PNG")
    answer = Answer(body={"data": [{"b64_json": base64.b64encode(picture.getvalue()).decode()}]})
    with VendorSimulator() as vendor:
        vendor.on("POST", "/v1/images/generations", answer)
        monkeypatch.setenv("OPENAI_API_KEY", "key")
        monkeypatch.setenv("OPENAI_BASE_URL", f"{vendor.url}/v1")
        names = {}
        exec(program, names)
    result = names["result"]
    assert result.ok
    asset = result.run.steps[0].assets[0]
    key = backend.key_from_url(asset.url)
    assert backend.get(key) == picture.getvalue()
    assert hashlib.sha256(picture.getvalue()).hexdigest() == asset.sha256
    stored = parse_manifest(backend.get(backend.key_from_url(result.manifest.manifest_uri)))
    assert stored.verify()
    assert stored.manifest_uri == result.manifest.manifest_uri
    assert stored.run.steps[0].assets[0].url == asset.url
    assert len(keys_of(backend)) == 2


@pytest.mark.parametrize("strategy", KeyStrategy)
def test_storing_a_run_again_changes_nothing(backend, run, strategy):
    storage = ObjectStorageSink(backend, key_strategy=strategy)
    result = run(storage, "a red fox")
    before = {entry.key: (entry.etag, entry.last_modified) for entry in backend.list().entries}
    storage.write_run(result.run, result.manifest)
    assert {entry.key: (entry.etag, entry.last_modified) for entry in backend.list().entries} == before


def uploads(proxy):
    return [path for method, path, _ in proxy.log if method == "PUT" and "/assets/" in path]


def record_of(*paths):
    """A run with files as its outputs, as it stands before it is stored."""
    step = Step(provider="p", model="m", status=StepStatus.SUCCEEDED)
    step.assets = [Asset(url=path.as_uri(), media_type="video/mp4") for path in paths]
    return Manifest.from_run(Run(run_id="0f0c6d3e-2b5f-4a7c-9b80-6a1f2f1f0a11", steps=[step]))


@pytest.mark.parametrize("strategy", KeyStrategy)
def test_a_large_output_that_is_stored_is_not_sent_again(through_proxy, proxy, tmp_path, strategy):
    path = tmp_path / "large.mp4"
    path.write_bytes(hashlib.sha256(b"large").digest() * (11 << 15))
    storage = ObjectStorageSink(through_proxy, key_strategy=strategy)
    manifest, again = record_of(path), record_of(path)
    again.run.created_at = manifest.run.created_at
    again.run.steps[0].assets[0].asset_id = manifest.run.steps[0].assets[0].asset_id
    storage.write_run(manifest.run, manifest)
    sent = uploads(proxy)
    assert len(sent) == 3, "in parts"
    found = through_proxy.head(through_proxy.key_from_url(manifest.run.steps[0].assets[0].url))
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    storage.write_run(again.run, again)
    assert uploads(proxy) == sent


def test_a_small_output_costs_one_request(through_proxy, proxy, run):
    run(ObjectStorageSink(through_proxy), "a fox", "a wolf", "an owl")
    sent = [method for method, _, _ in proxy.log]
    assert sent == ["GET"] + ["PUT"] * 4, "whether the bucket is there, three outputs and the manifest"


STORING = """
import sys
from pathlib import Path
from genblaze_core import Asset, Manifest, ObjectStorageSink, Run, Step
from genblaze_s3 import S3StorageBackend

def peak():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024

url, bucket, *files = sys.argv[1:]
backend = S3StorageBackend(bucket, endpoint_url=url, access_key_id="testkey", secret_access_key="testsecret")
backend.put("first", b"x")
before = peak()
step = Step(provider="p", model="m", assets=[Asset(url=Path(each).as_uri(), media_type="video/mp4") for each in files])
manifest = Manifest.from_run(Run(steps=[step]))
ObjectStorageSink(backend).write_run(manifest.run, manifest)
print(peak() - before)
"""


def test_memory_does_not_grow_with_the_files(bucket, server, tmp_path):
    files = [tmp_path / f"{number}.mp4" for number in range(3)]
    for number, path in enumerate(files):
        path.write_bytes(bytes([number]) * (100 << 20))
    done = subprocess.run(
        [sys.executable, "-c", STORING, server.url, bucket, *files], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 60, "megabytes, for 300"


def test_an_output_that_carries_the_manifest_is_not_sent_again(through_proxy, proxy, run):
    storage = ObjectStorageSink(through_proxy, key_strategy=KeyStrategy.HIERARCHICAL, embed=True)
    result = run(storage, "a red fox")
    before = {entry.key: entry.last_modified for entry in through_proxy.list().entries}
    storage.write_run(result.run, result.manifest)
    assert {entry.key: entry.last_modified for entry in through_proxy.list().entries} == before


def test_a_file_that_changed_is_refused_also_where_the_server_compares(backend, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"as it was")
    said = PutOptions(sha256=hashlib.sha256(b"as it was").hexdigest())
    backend.as_store().put("first", path, said)
    path.write_bytes(b"as it is now")
    with pytest.raises(StorageError, match="not .* as it was said to have") as caught:
        backend.as_store().put("second", path, said)
    assert caught.value.error_code is StorageErrorCode.INVALID_INPUT
    assert not backend.exists("second")


def test_a_file_that_changes_on_its_way_up_is_refused(through_proxy, tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(20 << 20))
    store, sha256 = through_proxy.as_store(), hashlib.sha256(path.read_bytes()).hexdigest()

    def change(_done, _size):
        with path.open("r+b") as file:
            file.seek(-1, io.SEEK_END)
            file.write(b"!")

    with pytest.raises(StorageError, match="not .* as it was said to have"):
        store.write("film.mp4", path, {}, sha256, change)
    assert not through_proxy.exists("film.mp4")


def test_equal_content_is_stored_once(through_proxy, proxy, run):
    result = run(ObjectStorageSink(through_proxy), "a fox", "a fox", "a fox")
    assert len({asset.url for step in result.run.steps for asset in step.assets}) == 1
    assert len(uploads(proxy)) == 1


def test_a_failed_upload_costs_nothing_and_is_made_up_for(through_proxy, proxy, backend, run):
    proxy.add("status", "PUT", "/assets/", code=403, error="AccessDenied", times=1)
    storage = ObjectStorageSink(through_proxy)
    result = run(storage, "a red fox")
    assert [(each.status, "AccessDenied" in (each.error or "")) for each in result.deliveries.transfers] == [
        ("failed", True)
    ]
    assert keys_of(backend) == []
    storage.retry(result)
    assert [each.status for each in result.deliveries.transfers] == ["stored"]
    assert len(keys_of(backend)) == 2


def test_a_sink_is_named_by_a_url(backend, bucket, run, amazon_variables):
    result = run(f"s3://{bucket}/media/mine", "a red fox")
    folders = [key.split("/")[:3] for key in keys_of(backend)]
    assert folders == [["media", "mine", "assets"], ["media", "mine", "manifests"]]
    assert backend.key_from_url(result.run.steps[0].assets[0].url) in keys_of(backend)


@pytest.mark.parametrize("strategy", KeyStrategy)
def test_a_run_is_pulled_by_its_id_and_its_objects_verify(
    backend, bucket, run, amazon_variables, tmp_path, capsys, strategy
):
    result = run(ObjectStorageSink(backend, key_strategy=strategy), "a red fox")
    assert cli(["pull", result.run.run_id, "--from", f"s3://{bucket}", "-o", str(tmp_path / "home")]) == 0
    pulled = tmp_path / "home" / f"{result.assets[0].asset_id}.png"
    assert capsys.readouterr().out == f"pulled  {pulled}\n"
    assert cli(["verify", str(pulled)]) == 0
    manifest = f"s3://{bucket}/{backend.key_from_url(result.manifest.manifest_uri)}"
    assert cli(["verify", "--read-data", manifest]) == 0


WRITER = """
import json, sys
from pathlib import Path
from genblaze_core import ObjectStorageSink, parse_manifest
from genblaze_s3 import S3StorageBackend
url, bucket, record = sys.argv[1:]
backend = S3StorageBackend(bucket, endpoint_url=url, access_key_id="testkey", secret_access_key="testsecret")
manifest = parse_manifest(Path(record).read_bytes())
folder = Path(record).parent / "output"
ObjectStorageSink(backend, allowed_roots=[folder]).write_run(manifest.run, manifest)
print(manifest.manifest_uri)
backend.close()
"""


def test_processes_that_write_the_same_run_leave_one_manifest(backend, bucket, server, run, tmp_path):
    result = run(None, "a red fox", "a grey wolf")
    record = tmp_path / "run.json"
    record.write_text(result.manifest.to_canonical_json())
    command = [sys.executable, "-c", WRITER, server.url, bucket, str(record)]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(8)]
    done = [writer.communicate(timeout=120) for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 8, done
    assert len({out for out, _ in done}) == 1
    manifests = [key for key in keys_of(backend) if "/manifests/" in key]
    assert len(manifests) == 1
    stored = parse_manifest(backend.get(manifests[0]))
    assert stored.verify()
    for asset in [step.assets[0] for step in stored.run.steps]:
        assert hashlib.sha256(backend.get(backend.key_from_url(asset.url))).hexdigest() == asset.sha256


def fetch(url, target, **bounds):
    return asyncio.run(default_plugins().fetch(url, target, FetchContext(**bounds)))


def test_an_object_is_fetched_within_bounds(backend, bucket, tmp_path, amazon_variables):
    backend.put("folder/a ü.png", b"content")
    target = tmp_path / "target"
    found = fetch(f"s3://{bucket}/folder/a%20%C3%BC.png", target)
    assert target.read_bytes() == b"content"
    assert (found.size, found.sha256) == (7, hashlib.sha256(b"content").hexdigest())
    for url, bounds in ((f"s3://{bucket}/missing", {}), (f"s3://{bucket}/folder/a%20%C3%BC.png", {"max_bytes": 6})):
        with pytest.raises(ProviderError) as caught:
            fetch(url, tmp_path / "none", **bounds)
        assert caught.value.error_code is ProviderErrorCode.INVALID_INPUT
        assert not (tmp_path / "none").exists()


def test_a_url_without_a_bucket_is_refused():
    with pytest.raises(StorageError, match="no bucket"):
        default_plugins().store("s3:///key")
