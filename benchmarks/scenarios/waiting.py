"""Waiting for many things at once: batches, and steps that await or block."""

from __future__ import annotations

import asyncio
from time import perf_counter

from benchmarks.scenarios.samples import Awaiting, Instant, pipeline


def measure(what: str) -> dict[str, float]:
    """Wall seconds of one call."""
    began = perf_counter()
    if what == "batch":  # 1,000 runs of one step of 5 ms, 50 at once: 0.1 s of waiting
        prompts = [f"a fox, number {index}" for index in range(1000)]
        from genblaze_core import Modality, Pipeline

        one = Pipeline("benchmark").step(Instant(0.005), model="model-1", prompt="{prompt}", modality=Modality.IMAGE)
        assert len(one.batch_run(prompts=prompts, max_concurrency=50)) == 1000
    else:  # 500 steps of 20 ms, all at once
        provider = {"awaiting": Awaiting, "blocking": Instant}[what](0.02)
        made = pipeline(500, provider)
        asyncio.run(made.arun(max_concurrency=500, raise_on_failure=True))
    return {"wall": perf_counter() - began}
