"""How the cost of a step, of a batch item and of a kept result grows with their number."""

from __future__ import annotations

from pathlib import Path

from benchmarks.pairs import Pair, measure
from benchmarks.plan import Scenario
from benchmarks.table import amount

HEADER = (
    "| number | per step, `run` | per step, `stream` | memory per kept step | per batch item | memory per kept item |\n"
    "|---:|---:|---:|---:|---:|---:|"
)


def rows(python: Path, *, quick: bool) -> list[str]:
    """One row per number of steps and of items."""
    return [_row(number, python) for number in ((10, 1000) if quick else (10, 100, 1000, 10_000))]


def _row(number: int, python: Path) -> str:
    faces = _measured(python, "pipelines", str(number), "sync stream")
    steps = _measured(python, "keeping", "steps", str(number))
    items = _measured(python, "keeping", "items", str(number))
    cells = (
        f"{number:,}",
        amount("", faces.median("ours", "sync")),
        amount("", faces.median("ours", "stream")),
        f"{steps.median('ours', 'kept') / 1000:.2g} kB",
        amount("", items.median("ours", "time")),
        f"{items.median('ours', 'kept') / 1000:.2g} kB",
    )
    return f"| {' | '.join(cells)} |"


def _measured(python: Path, *command: str) -> Pair:
    return measure(Scenario("", command, 3), {"ours": python})
