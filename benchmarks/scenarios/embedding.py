"""Embedding and verifying beside the least that there is to do: copying the file, and hashing it."""

from __future__ import annotations

import hashlib
import mimetypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import NamedTuple

from benchmarks.scenarios.samples import manifest_for
from genblaze.embedding import content_digest, embed_manifest, extract_manifest, strip_manifest
from genblaze.verifying import verify_file

TURNS = 7


class Spent(NamedTuple):
    """Seconds of one call, by the clock and of the processors."""

    wall: float
    cpu: float


def measure(name: str, turns: str = str(TURNS)) -> dict[str, float]:
    """Ratios of the fastest of some turns, for other work on the machine only adds; `… cpu` counts processor time."""
    source = Path(name)
    target = source.with_name(f"beside-{source.name}")
    digest = content_digest(source)
    media_type = mimetypes.guess_type(name)[0] or "audio/wav"
    manifest = manifest_for(digest.sha256, media_type, digest.size)
    document = target.with_name(f"{target.name}.json")
    document.write_text(manifest.to_canonical_json(), "utf-8")
    taken: list[dict[str, Spent]] = []
    try:
        for _ in range(int(turns) + 1):
            turn = _copied_and_hashed(source, target)
            turn["replace"] = _spent(lambda: _replaced(source, target))
            turn["embed"] = _spent(lambda: embed_manifest(target, manifest, content=digest))
            turn["verify"] = _spent(lambda: verify_file(target))
            turn["extract"] = _spent(lambda: extract_manifest(target))
            strip_manifest(target)
            turn["cli"] = _spent(lambda: _by_command(target, document))
            taken.append(turn)
    finally:
        target.unlink(missing_ok=True)
        document.unlink()
    return _figures(taken[1:])  # the first one warms up


def _copied_and_hashed(source: Path, target: Path) -> dict[str, Spent]:
    target.unlink(missing_ok=True)
    return {"copy": _spent(lambda: shutil.copyfile(source, target)), "sha256": _spent(lambda: _sha256(source))}


def _replaced(source: Path, target: Path) -> None:
    """The copy that a power cut does not take away: flushed to the disk before it takes the place of the old file."""
    beside = target.with_name(f"new-{target.name}")
    with source.open("rb") as old, beside.open("wb") as new:
        shutil.copyfileobj(old, new, 256 * 1024)
        new.flush()
        os.fsync(new.fileno())
    beside.replace(target)


def _figures(taken: list[dict[str, Spent]]) -> dict[str, float]:
    def ratio(upper: str, *lower: str, clock: str = "wall") -> float:
        best = {name: min(getattr(turn[name], clock) for turn in taken) for name in (upper, *lower)}
        return best[upper] / sum(best[name] for name in lower)

    return {
        "embed": ratio("embed", "copy", "sha256"),
        "embed safely": ratio("embed", "replace", "sha256"),
        "embed cpu": ratio("embed", "copy", "sha256", clock="cpu"),
        "cli": ratio("cli", "copy", "sha256"),
        "verify": ratio("verify", "sha256"),
        "verify cpu": ratio("verify", "sha256", clock="cpu"),
        "extract": min(turn["extract"].wall for turn in taken),
    }


def _spent(call: Callable[[], object]) -> Spent:
    wall, cpu = perf_counter(), process_time()
    call()
    return Spent(perf_counter() - wall, process_time() - cpu)


def _by_command(target: Path, document: Path) -> None:
    program = Path(sys.executable).with_name("genblaze")
    subprocess.run([program, "embed", target, "--manifest", document], check=True, capture_output=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
