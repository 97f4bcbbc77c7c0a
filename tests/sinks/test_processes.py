"""Several processes that write the same run at once: one manifest, nothing torn."""

import subprocess
import sys

import pytest
from sample_pipelines import paint, png, sha256

from genblaze import KeyStrategy, LocalFolderStore, Manifest, Run, Step, parse_manifest
from genblaze.file_urls import path_of

PROCESSES = 4

WRITER = """
import sys
from pathlib import Path
from genblaze import KeyStrategy, LocalFolderStore, ObjectStorageSink, parse_manifest

folder, strategy, number, differs = sys.argv[1:]
manifest = parse_manifest(Path(folder, "run.json").read_bytes())
if differs == "yes":
    manifest.run.metadata["writer"] = number
sys.stdin.readline()
ObjectStorageSink(LocalFolderStore(Path(folder, "store")), key_strategy=KeyStrategy(strategy)).write_run(
    manifest.run, manifest
)
print(manifest.manifest_uri)
"""


def write_at_once(folder, strategy, *, differs):
    """Let several processes write the run in `folder` at once; returns where each says that its manifest is."""
    command = [sys.executable, "-W", "error", "-c", WRITER, str(folder), str(strategy)]
    writers = [
        subprocess.Popen(
            [*command, str(number), "yes" if differs else "no"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    done = [writer.communicate(timeout=120) for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * PROCESSES, done
    return [out.strip() for out, _ in done]


@pytest.fixture
def folder(tmp_path):
    run = Run(run_id="the-run", steps=[Step(provider="p", model=f"m{n}") for n in range(3)])
    for number, step in enumerate(run.steps):
        step.assets = [png(paint(tmp_path / f"{number}.png", str(number), size=(300, 300)))]
        step.assets[0].set_hash((tmp_path / f"{number}.png").read_bytes())
    (tmp_path / "run.json").write_text(Manifest.from_run(run).to_canonical_json())
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("strategy", KeyStrategy)
def test_processes_that_write_the_same_run_leave_one_manifest_and_whole_objects(folder, strategy):
    uris = write_at_once(folder, strategy, differs=False)
    assert len(set(uris)) == 1
    store = LocalFolderStore(folder / "store")
    assert len(store.list().entries) == 4
    manifest = parse_manifest(path_of(uris[0]).read_bytes())
    assert manifest.verify()
    for asset in (asset for step in manifest.run.steps for asset in step.assets):
        assert sha256(path_of(asset.url)) == asset.sha256


@pytest.mark.slow
def test_processes_with_different_records_of_a_run_lose_none(folder):
    uris = write_at_once(folder, KeyStrategy.HIERARCHICAL, differs=True)
    manifests = [parse_manifest(path_of(uri).read_bytes()) for uri in uris]
    assert sorted(each.run.metadata["writer"] for each in manifests) == [str(n) for n in range(PROCESSES)]
    assert all(each.verify() and each.manifest_uri == uri for each, uri in zip(manifests, uris, strict=True))
    assert sum(path_of(uri).name == "manifest.json" for uri in uris) == 1
