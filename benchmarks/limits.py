"""What embedding and verifying cost beside the least that there is to do, and the memory they take on long files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.pairs import measure
from benchmarks.plan import Scenario
from benchmarks.table import amount

HEADER = (
    "| file | embed in a run / (copy + sha256) | / (safe copy + sha256) | of processor time "
    "| `genblaze embed` / (copy + sha256) | verify / sha256 | of processor time | extract |\n"
    "|---|---:|---:|---:|---:|---:|---:|---:|"
)
MEMORY_HEADER = "| file | growth of memory |\n|---|---:|"
RATIOS = ("embed", "embed safely", "embed cpu", "cli", "verify", "verify cpu")
FILES = ("20 MB.png", "3 MB.webp", "10 MB.mp3", "200 MB.wav", "300 MB.mp4")
LONG = (("mp4", 2000), ("wav", 1000))


def rows(python: Path, media: dict[str, str], *, quick: bool) -> Iterator[str]:
    """One row per file."""
    for name, path in media.items():
        if Path(path).name in FILES:
            pair = measure(Scenario(name, ("embedding", path, "3" if quick else "9"), 1), {"ours": python})
            ratios = (f"{pair.median('ours', key):.2f}" for key in RATIOS)
            yield f"| {' | '.join((name, *ratios, amount('extract', pair.median('ours', 'extract'))))} |"


def memory_rows(python: Path, *, quick: bool) -> Iterator[str]:
    """One row per long file: embedded into, extracted from, verified and stripped."""
    for kind, megabytes in LONG:
        length = megabytes // 10 if quick else megabytes
        pair = measure(Scenario("", ("long_files", kind, str(length)), 1), {"ours": python})
        yield f"| {kind} of {length:,} MB | {amount('peak', pair.median('ours', 'peak'))} |"
