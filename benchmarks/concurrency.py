"""Seconds that the engine takes for many steps at once, beside what the steps themselves must take."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from math import ceil

from genblaze import Asset, Pipeline, SyncProvider

STEP_SEC = 0.020
ASSET = Asset(url="https://h/a.png", media_type="image/png", sha256="0" * 64)


class Blocking(SyncProvider):
    """Takes `STEP_SEC` in a thread."""

    name = "blocking"

    def generate(self, step, config=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, D102
        time.sleep(STEP_SEC)
        step.assets = [ASSET]
        return step


class Waiting(SyncProvider):
    """Takes `STEP_SEC` on the event loop."""

    name = "waiting"

    async def generate(self, step, config=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, D102
        await asyncio.sleep(STEP_SEC)
        step.assets = [ASSET]
        return step


def seconds(provider: SyncProvider, steps: int, concurrency: int, folder: str) -> float:
    """Returns how long one run of that many steps takes, planning and manifest included."""
    pipeline = Pipeline("many", output_dir=folder, preflight=False)
    for number in range(steps):
        pipeline.step(provider, model="m", prompt=str(number))
    began = time.perf_counter()
    pipeline.run(max_concurrency=concurrency)
    return time.perf_counter() - began


def main() -> None:
    """Measures `async def` steps all at once, and `def` steps a hundred at a time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for provider, concurrency in ((Waiting(), options.steps), (Blocking(), 100)):
            seconds(provider, 10, 10, folder)  # imports what a first run imports
            taken = [seconds(provider, options.steps, concurrency, folder) for _ in range(options.rounds)]
            ideal = ceil(options.steps / concurrency) * STEP_SEC
            figures = f"median {statistics.median(taken):.3f} s, best {min(taken):.3f} s, ideal {ideal:.3f} s"
            print(f"{options.steps} {provider.name} steps, {concurrency} at once: {figures}")


if __name__ == "__main__":
    main()
