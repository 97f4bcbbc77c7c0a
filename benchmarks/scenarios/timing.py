"""Timing one call in this process."""

from __future__ import annotations

import resource
from collections.abc import Callable
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
    """The most memory that this process has held so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
