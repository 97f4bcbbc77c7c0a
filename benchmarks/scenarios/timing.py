"""Timing one call in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

#: Seconds that the repetitions of one figure take together, about.
BUDGET_SEC = 0.4
MOST = 200


def seconds(call: Callable[[], Any], *, least: int = 3, budget: float = BUDGET_SEC) -> float:
    """The median time of a call, after one that warms up; repeated while the budget lasts."""
    taken: list[float] = []
    call()
    began = perf_counter()
    while len(taken) < least or (perf_counter() - began < budget and len(taken) < MOST):
        start = perf_counter()
        call()
        taken.append(perf_counter() - start)
    return median(taken)


def peak_mb() -> float:
    """The most memory that this process has held so far, in megabytes.

    Not `ru_maxrss`, which begins with what the parent held when it started this process.
    """
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
