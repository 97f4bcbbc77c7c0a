"""What results hold in memory."""

from __future__ import annotations

from benchmarks.scenarios.samples import Instant, pipeline


def measure(results: str = "1000") -> dict[str, float]:
    """Megabytes of resident memory per 1,000 results of one step that are kept, and after the import alone."""
    made = pipeline(1, Instant())
    made.run(raise_on_failure=True)
    before = resident_mb()
    kept = [made.run(raise_on_failure=True) for _ in range(int(results))]
    return {"per 1000 results": (resident_mb() - before) * 1000 / len(kept)}


def resident_mb() -> float:
    """Memory of this process that is in RAM, in megabytes."""
    with open("/proc/self/statm") as file:  # noqa: PTH123 - pathlib would be part of what is measured
        return int(file.read().split()[1]) * 4096 / 1e6
