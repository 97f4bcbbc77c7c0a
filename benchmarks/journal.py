"""Milliseconds that the journal adds to each paid step when a hundred run at once."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from genblaze import Asset, BaseProvider, Pipeline

VENDOR_SEC = 0.050
ASSET = Asset(url="https://h/a.png", media_type="image/png", sha256="0" * 64)


class Vendor(BaseProvider):
    """Takes `VENDOR_SEC` to accept a job, which is then done."""

    name = "vendor"
    paid = True

    async def submit(self, step, config=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, D102
        await asyncio.sleep(VENDOR_SEC)
        return step.step_id

    async def poll(self, prediction_id, config=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, D102
        return True

    async def fetch_output(self, prediction_id, step):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, D102
        step.assets = [ASSET]
        return step


def seconds(steps: int, concurrency: int, *, journal: bool) -> float:
    """Returns how long one run takes."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:  # on a real disk, where fsync costs what it costs
        pipeline = Pipeline("many", output_dir=folder, journal=None if journal else False)
        for number in range(steps):
            pipeline.step(Vendor(), model="m", prompt=str(number))
        began = time.perf_counter()
        pipeline.run(max_concurrency=concurrency)
        return time.perf_counter() - began


def main() -> None:
    """Measures with the journal and without it, by turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--concurrency", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    seconds(10, 10, journal=True)  # imports what a first run imports
    taken: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(options.rounds):
        for journal in (False, True):
            taken[journal].append(seconds(options.steps, options.concurrency, journal=journal))
    off, on = statistics.median(taken[False]), statistics.median(taken[True])
    print(
        f"{options.steps} paid steps, {options.concurrency} at once: {off:.3f} s without, {on:.3f} s with the journal"
    )
    print(f"the journal adds {(on - off) / options.steps * 1000:.3f} ms to each step")


if __name__ == "__main__":
    main()
