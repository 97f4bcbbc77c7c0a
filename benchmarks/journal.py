"""Milliseconds that the journal, limits and the budget of the day add to each paid step when a hundred run at once."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from genblaze import Asset, BaseProvider, Pipeline
from genblaze.config import BudgetSettings, Config, JournalSettings, Limit
from genblaze.plugins import PluginManager

VENDOR_SEC = 0.050
ASSET = Asset(url="https://h/a.png", media_type="image/png", sha256="0" * 64)


class Vendor(BaseProvider):
    """Takes `VENDOR_SEC` to accept a job, which is then done."""

    name = "vendor"
    paid = True

    async def submit(self, step, config=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, D102
        await asyncio.sleep(VENDOR_SEC)
        return step.step_id

    def estimate_cost(self, model, params=None, *, n=1):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, D102
        return 0.01

    async def poll(self, prediction_id, config=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, D102
        return True

    async def fetch_output(self, prediction_id, step):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, D102
        step.assets = [ASSET]
        return step


#: What is switched on beside the engine. A limit or a budget that nothing reaches costs what being kept costs.
ARMS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "journal": {},
    "journal, limits": {"limits": {"vendor": Limit(concurrency=10**6, requests_per_minute=10**6)}},
    "journal, budget of the day": {"budget": BudgetSettings(per_day_usd=10**6)},
}


def times(steps: int, concurrency: int, arm: str) -> tuple[float, float]:
    """Returns how long one run takes, and how much of the processor, in seconds."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:  # on a real disk, where fsync costs what it costs
        settings = JournalSettings(shared=f"{folder}/shared.db")
        plugins = PluginManager(config=Config(journal=settings, **ARMS[arm]))
        journal = False if arm == "nothing" else None
        pipeline = Pipeline("many", output_dir=folder, journal=journal, plugins=plugins)
        for number in range(steps):
            pipeline.step(Vendor(), model="m", prompt=str(number))
        began, worked = time.perf_counter(), time.process_time()
        pipeline.run(max_concurrency=concurrency)
        return time.perf_counter() - began, time.process_time() - worked


def main() -> None:
    """Measures all arms by turns; medians of what each adds to the same round without anything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--concurrency", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    for arm in ARMS:
        times(10, 10, arm)  # imports what a first run imports
    rounds = [{arm: times(options.steps, options.concurrency, arm) for arm in ARMS} for _ in range(options.rounds)]
    print(f"{options.steps} paid steps, {options.concurrency} at once, medians of {options.rounds} rounds")
    print(f"nothing: {1000 * statistics.median(each['nothing'][0] for each in rounds) / options.steps:.3f} ms a step")
    for arm in list(ARMS)[1:]:
        wall, cpu = (
            1000 * statistics.median(each[arm][kind] - each["nothing"][kind] for each in rounds) / options.steps
            for kind in (0, 1)
        )
        print(f"{arm}: adds {wall:.3f} ms to each step, {cpu:.3f} ms of the processor")


if __name__ == "__main__":
    main()
