"""How the cost of a step, of a batch item and of a kept result grows with their number."""

from __future__ import annotations

from pathlib import Path

from benchmarks.pairs import measure
from benchmarks.plan import Scenario
from benchmarks.table import amount

HEADER = (
    "| number | per step, `run` | per step, `stream` | per batch item | memory per batch result |\n"
    "|---:|---:|---:|---:|---:|"
)


def rows(python: Path, *, quick: bool) -> list[str]:
    """One row per number of steps and of items."""
    return [_row(number, python) for number in ((10, 1000) if quick else (10, 100, 1000, 10_000))]


def _row(number: int, python: Path) -> str:
    steps = measure(Scenario("", ("pipelines", str(number), "sync stream"), 3), {"ours": python})
    items = measure(Scenario("", ("items", str(number)), 3), {"ours": python})
    cells = (
        f"{number:,}",
        amount("", steps.median("ours", "sync")),
        amount("", steps.median("ours", "stream")),
        amount("", items.median("ours", "item")),
        f"{items.median('ours', 'kept') / 1000:.2g} kB" if number >= 1000 else "",
    )
    return f"| {' | '.join(cells)} |"
