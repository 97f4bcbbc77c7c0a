"""Embedding that is killed, or runs out of disk, leaves the old file or the new one, and nothing else."""

import os
import random
import resource
import shutil
import signal
import subprocess
import sys

import pytest
from sample_boxes import box
from sample_media import manifest_of, saved
from smallest_media import SMALLEST

from genblaze.config import Config
from genblaze.embedding import embed_manifest
from genblaze.plugins import PluginManager

KILLS = int(os.environ.get("GENBLAZE_KILLS", "10"))
MEGABYTES = 8
PLUGINS = PluginManager(Config())
ENDLESS = """
import itertools, os, sys
if sys.argv[1] == "named": del os.O_TMPFILE
from pathlib import Path
from genblaze.embedding import embed_manifest
from genblaze.models.manifest import parse_manifest
manifests = [parse_manifest(Path(name).read_bytes()) for name in sys.argv[3:]]
for manifest in itertools.cycle(manifests):
    embed_manifest(sys.argv[2], manifest)
    print("once", flush=True)
"""


def long_mp4() -> bytes:
    """An MP4 that takes a while to write."""
    return SMALLEST["video/mp4"] + box(b"free", bytes(MEGABYTES << 20))


@pytest.mark.slow
@pytest.mark.parametrize("temporaries", ["nameless", "named"])
def test_a_killed_embedding_leaves_the_old_file_or_the_new_one_and_no_litter(tmp_path, temporaries):
    content = long_mp4()
    manifests = [manifest_of(content, prompt=prompt) for prompt in ("one", "two")]
    folder = tmp_path / "media"
    folder.mkdir()
    path = saved(folder, content, "a.mp4")
    documents = [saved(tmp_path, each.to_canonical_json().encode(), f"{at}.json") for at, each in enumerate(manifests)]
    whole = set()
    for manifest in manifests:
        assert embed_manifest(path, manifest, plugins=PLUGINS).method == "inline"
        whole.add(path.read_bytes())
    for _ in range(KILLS):
        kill_at_random([sys.executable, "-c", ENDLESS, temporaries, path, *documents])
        assert path.read_bytes() in whole
    # Stripping writes in any case; embedding what is there already would not.
    subprocess.run([sys.executable, "-m", "genblaze", "strip", path], check=True, capture_output=True)
    assert list(folder.iterdir()) == [path]
    assert path.read_bytes() == content


def kill_at_random(command) -> None:
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"once\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(random.uniform(0, 0.1))  # whenever it is, one embedding or the next is on its way
        process.send_signal(signal.SIGKILL)


def test_a_full_disk_leaves_the_original_and_no_litter(tmp_path):
    content = long_mp4()
    path = saved(tmp_path, content, "a.mp4")
    path.chmod(0o640)
    (tmp_path / "link.mp4").symlink_to(path)
    document = saved(tmp_path, manifest_of(content).to_canonical_json().encode(), "m.json")
    command = [sys.executable, "-m", "genblaze", "embed", tmp_path / "link.mp4", "--manifest", document]
    limit = len(content)  # the file itself fits, the manifest does not

    def small_disk():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    before = sorted(tmp_path.iterdir())
    run = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=small_disk)
    assert run.returncode == 1
    assert "nothing was changed" in run.stderr
    assert (path.read_bytes(), sorted(tmp_path.iterdir())) == (content, before)
    subprocess.run(command, check=True, capture_output=True)
    assert path.read_bytes().startswith(content)
    assert (tmp_path / "link.mp4").is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.fixture
def small_disk(tmp_path):
    """A file system on which the file fits once, not twice."""
    folder = tmp_path / "disk"
    folder.mkdir()
    size = f"size={MEGABYTES * 3 // 2}m"
    if (
        not shutil.which("mount")
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("nobody but root may make a small disk, and not in every container")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_disk_without_room_for_the_new_file_keeps_the_old_one(small_disk, tmp_path):
    content = long_mp4()
    path = saved(small_disk, content, "a.mp4")
    document = saved(tmp_path, manifest_of(content).to_canonical_json().encode(), "m.json")
    command = [sys.executable, "-m", "genblaze", "embed", path, "--manifest", document]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "No space left on device; nothing was changed" in run.stderr
    assert (path.read_bytes(), list(small_disk.iterdir())) == (content, [path])
