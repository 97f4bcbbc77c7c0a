"""Manifests in files: embed, extract, and the memory it takes."""

from __future__ import annotations

import hashlib
import mimetypes
import shutil
from pathlib import Path

from benchmarks.scenarios.samples import manifest_for
from benchmarks.scenarios.timing import peak_mb, seconds
from genblaze_core.media import SmartEmbedder, get_handler

BUDGET = 0.6
TYPES = {".wav": "audio/wav", ".webp": "image/webp", ".flac": "audio/flac", ".m4a": "audio/mp4"}


def measure(name: str) -> dict[str, float]:
    """Seconds by operation; `copy` and `sha256` are the limits, `peak` the growth of memory in megabytes."""
    source = Path(name)
    media_type = TYPES.get(source.suffix) or mimetypes.guess_type(name)[0] or ""
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    manifest = manifest_for(digest, media_type, source.stat().st_size)
    target = source.with_name(f"target-{source.name}")
    embedder, handler = SmartEmbedder(), get_handler(media_type)
    before = peak_mb()
    embedder.embed(source, manifest, target)
    handler.extract(target)
    peak = peak_mb() - before
    try:
        return {
            "embed": seconds(lambda: embedder.embed(source, manifest, target), budget=BUDGET),
            "extract": seconds(lambda: handler.extract(target), budget=BUDGET),
            "copy": seconds(lambda: shutil.copyfile(source, target), budget=BUDGET),
            "sha256": seconds(lambda: _sha256(source), budget=BUDGET),
            "peak": peak,
        }
    finally:
        target.unlink()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
