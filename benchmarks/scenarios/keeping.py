"""What runs of so many steps, and batches of so many items, take and hold."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

from benchmarks.scenarios.memory import resident_mb
from benchmarks.scenarios.samples import Instant, pipeline
from genblaze_core import Modality, Pipeline

#: Steps or items that are kept at least, so that their memory can be told from noise.
_KEPT = 2000


def measure(what: str, number: str) -> dict[str, float]:
    """Seconds per step of a run, or per item of a batch, and bytes that each holds while its result is kept."""
    call = {"steps": _run, "items": _batch}[what](int(number))
    kept = [call()]
    turns = max(1, _KEPT // int(number))
    before, began = resident_mb(), perf_counter()
    kept += [call() for _ in range(turns)]
    spent = perf_counter() - began
    each = turns * int(number)
    return {"time": spent / each, "kept": (resident_mb() - before) * 1e6 / each}


def _run(steps: int) -> Callable[[], Any]:
    made = pipeline(steps, Instant())
    return lambda: made.run(raise_on_failure=True)


def _batch(items: int) -> Callable[[], Any]:
    made = Pipeline("benchmark").step(Instant(), model="model-1", prompt="{prompt}", modality=Modality.IMAGE)
    prompts = [f"a fox, number {index}" for index in range(items)]
    return lambda: made.batch_run(prompts=prompts, max_concurrency=50)
