"""Memory that embedding, extracting, verifying and stripping take on a file that is longer than what they may use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.environments import CACHE
from benchmarks.files import mp4_head, wav_head
from benchmarks.scenarios.samples import manifest_for
from benchmarks.scenarios.timing import peak_mb
from genblaze.embedding import content_digest, embed_manifest, extract_manifest, strip_manifest
from genblaze.verifying import verify_file


def measure(kind: str, megabytes: str) -> dict[str, float]:
    """Megabytes by which the peak grows from a short file of the kind to a long one."""
    head = {"mp4": mp4_head, "wav": wav_head}[kind]
    short, long = (CACHE / f"{name}.{kind}" for name in ("short", "long"))
    try:
        _everything(_made(short, head, 100_000))
        before = peak_mb()
        _everything(_made(long, head, int(megabytes) * 1_000_000))
        return {"peak": peak_mb() - before}
    finally:
        short.unlink(missing_ok=True)
        long.unlink(missing_ok=True)


def _made(path: Path, head: Callable[[int], bytes], length: int) -> Path:
    """A file whose media are a hole: it has its length, but takes no time to make."""
    path.write_bytes(head(length))
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size + length)
    return path


def _everything(path: Path) -> None:
    digest = content_digest(path)
    manifest = manifest_for(digest.sha256, "video/mp4" if path.suffix == ".mp4" else "audio/wav", digest.size)
    if embed_manifest(path, manifest, content=digest).method != "inline" or not verify_file(path).ok:
        msg = f"{path} does not verify"
        raise AssertionError(msg)
    extract_manifest(path)
    strip_manifest(path)
