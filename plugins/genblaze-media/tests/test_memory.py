"""Memory does not grow with the file: embed, extract, verify and strip of files longer than what they may use."""

import os
import subprocess
import sys

import pytest
from sample_boxes import MOOV, box
from sample_media import saved
from smallest_media import SMALLEST

MEGABYTE = 1 << 20
# A release is tried with GENBLAZE_LONG_FILE=2048; what grows with the file would show at any of these lengths.
LENGTH = int(os.environ.get("GENBLAZE_LONG_FILE", "192")) * MEGABYTE
GROWTH = 16 * MEGABYTE

PROGRAM = """
import sys
from pathlib import Path
from genblaze.embedding import content_digest, embed_manifest, extract_manifest, strip_manifest
from genblaze.models import Asset, Manifest, Run, Step
from genblaze.verifying import verify_file
small, long = sys.argv[1:]
def peak():  # not ru_maxrss: that begins with what the process held that started this one
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024
def everything(path):
    digest = content_digest(path)
    asset = Asset(url="file:///a", media_type="a/b", sha256=digest.sha256, size_bytes=digest.size)
    manifest = Manifest.from_run(Run(steps=[Step(provider="p", model="m", assets=[asset])]))
    assert embed_manifest(path, manifest).method == "inline"
    assert extract_manifest(path).canonical_hash == manifest.canonical_hash
    assert verify_file(path).ok
    assert strip_manifest(path) == digest
everything(small)
before = peak()
everything(long)
print(peak() - before)
"""


def long_mp4(length):
    """All of the film but its data, and how long that is."""
    data = (1).to_bytes(4, "big") + b"mdat" + (length + 16).to_bytes(8, "big")
    return box(b"ftyp", b"isom", bytes(4), b"isom") + MOOV + data


def long_wav(length):
    start = SMALLEST["audio/wav"][: SMALLEST["audio/wav"].index(b"data")]
    return start[:4] + (len(start) + length).to_bytes(4, "little") + start[8:] + b"data" + length.to_bytes(4, "little")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize(("head", "length"), [(long_mp4, LENGTH), (long_wav, LENGTH // 2)], ids=["mp4", "wav"])
def test_memory_does_not_grow_with_the_file(tmp_path, head, length):
    path = saved(tmp_path, head(length), "long")
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size + length)
    small = saved(tmp_path, SMALLEST["video/mp4" if head is long_mp4 else "audio/wav"], "small")
    run = subprocess.run([sys.executable, "-c", PROGRAM, small, path], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) < GROWTH
