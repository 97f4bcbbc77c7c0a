"""A batch of so many items of one step each."""

from __future__ import annotations

from time import perf_counter

from benchmarks.scenarios.memory import resident_mb
from benchmarks.scenarios.samples import Instant
from genblaze_core import Modality, Pipeline


def measure(items: str) -> dict[str, float]:
    """Seconds per item, and bytes that each of the kept results holds."""
    number = int(items)
    made = Pipeline("benchmark").step(Instant(), model="model-1", prompt="{prompt}", modality=Modality.IMAGE)
    made.batch_run(prompts=["warm"], max_concurrency=50)
    prompts = [f"a fox, number {index}" for index in range(number)]
    before, began = resident_mb(), perf_counter()
    results = made.batch_run(prompts=prompts, max_concurrency=50)
    spent = perf_counter() - began
    return {"item": spent / number, "kept": (resident_mb() - before) * 1e6 / len(results)}
