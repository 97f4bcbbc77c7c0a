"""Milliseconds that an import costs a fresh process, above what Python's own start costs."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from time import perf_counter

STATEMENTS = (
    "import msgspec",
    "import genblaze",
    "from genblaze import Pipeline",
    "from genblaze import hookimpl",
    "import genblaze_core",
    "from genblaze_core import Pipeline",
    "import genblaze.cli.main",
)


def seconds(statement: str) -> float:
    """Returns how long a process takes that only executes the statement."""
    began = perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return perf_counter() - began


def main() -> None:
    """Measures every statement in turn, round after round, so that a slow spell hits all alike."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    for statement in ("pass", *STATEMENTS):
        seconds(statement)  # writes the .pyc files
    taken: dict[str, list[float]] = {statement: [] for statement in ("pass", *STATEMENTS)}
    for _ in range(rounds):
        for statement, times in taken.items():
            times.append(seconds(statement))
    start = statistics.median(taken.pop("pass"))
    print(f"python itself: {start * 1000:.1f} ms")
    for statement, times in taken.items():
        print(f"{(statistics.median(times) - start) * 1000:8.1f} ms  {statement}")


if __name__ == "__main__":
    main()
