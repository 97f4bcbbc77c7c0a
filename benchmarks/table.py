"""Writes what was measured as Markdown, and into the page of the documentation."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.environments import ROOT
from benchmarks.pairs import Pair
from benchmarks.plan import GOALS

PAGE = ROOT / "docs" / "explanation" / "performance.md"
MEGABYTES = frozenset({"memory", "peak", "per 1000 results"})
LIMITS = {
    "hash": ("limit",),
    "verify": ("limit",),
    "embed": ("copy",),
    "extract": ("sha256",),
    "wall": ("boto3 wall", "sending wall"),
    "cpu": ("boto3 cpu", "sending cpu"),
}
LIMIT_NAMES = {
    "limit": "SHA-256 of its JSON",
    "copy": "copying",
    "sha256": "SHA-256",
    "boto3 wall": "boto3 alone",
    "boto3 cpu": "boto3 alone",
    "sending wall": "sending alone",
    "sending cpu": "sending alone",
}
UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))


def amount(metric: str, value: float) -> str:
    """A figure with its unit."""
    if metric in MEGABYTES:
        return f"{value:.3g} MB"
    scale, unit = next((each for each in UNITS if abs(value) >= each[0]), UNITS[-1])
    return f"{value / scale:.3g} {unit}"


def rows(pair: Pair) -> list[str]:
    """One row of the table per metric."""
    name = pair.scenario.name
    return [_row(name, metric, pair) for metric in pair.metrics() if metric not in LIMIT_NAMES]


def _row(name: str, metric: str, pair: Pair) -> str:
    low, ratio, high = pair.ratio(metric)
    goal = GOALS.get((name, metric))
    wanted = "" if goal is None else f"{goal.ratio:g} {'✓' if ratio <= goal.ratio else '✗'}"
    cells = (
        f"{name}: {metric}",
        amount(metric, pair.median("published", metric)),
        amount(metric, pair.median("ours", metric)),
        f"{ratio:.3g} ({low:.3g} to {high:.3g})",
        wanted,
        "; ".join(filter(None, (_beside(pair, metric, limit) for limit in LIMITS.get(metric, ())))),
    )
    return f"| {' | '.join(cells)} |"


def _beside(pair: Pair, metric: str, limit: str) -> str:
    """Each package's figure in units of the limit."""
    times = [
        f"{package} {pair.median(package, metric) / pair.median(package, limit):.3g}"
        for package, figures in pair.figures.items()
        if limit in figures
    ]
    return f"{', '.join(sorted(times, reverse=True))} x {LIMIT_NAMES[limit]}" if times else ""


HEADER = (
    "| what | published | ours | ours / published (range) | goal | beside the limit |\n|---|---:|---:|---:|---:|---:|"
)


def write(name: str, text: str, page: Path = PAGE) -> None:
    """Replace what stands between the page's markers of this name."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    old = page.read_text("utf-8")
    new, found = re.subn(
        f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: f"{begin}\n{text}\n{end}", old, flags=re.DOTALL
    )
    if not found:
        msg = f"{page} has no part {name!r}"
        raise ValueError(msg)
    page.write_text(new, "utf-8")
