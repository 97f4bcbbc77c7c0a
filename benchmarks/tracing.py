"""Microseconds that tracing costs per step, above the same run with no tracer."""

from __future__ import annotations

import argparse
import logging
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from genblaze import LoggingTracer, MockProvider, NoOpTracer, Pipeline
from genblaze_otel import OTelTracer


def tracers() -> dict[str, Callable[[], Any]]:
    """Returns what is compared, by name."""
    log = logging.getLogger("benchmark")
    log.setLevel(logging.INFO)
    log.propagate = False
    log.addHandler(logging.StreamHandler(Path("/dev/null").open("w")))  # noqa: SIM115 - open until the end
    sdk = TracerProvider()
    sdk.add_span_processor(BatchSpanProcessor(InMemorySpanExporter()))
    return {
        "no tracer": lambda: None,
        "NoOpTracer": NoOpTracer,
        "LoggingTracer": lambda: LoggingTracer(log),
        "OTelTracer without an SDK": OTelTracer,
        "OTelTracer, batched": lambda: OTelTracer(tracer_provider=sdk),
    }


def seconds_per_step(tracer: Any, steps: int, folder: str) -> float:
    """Returns how long a step of one run takes."""
    pipeline = Pipeline("benchmark", tracer=tracer, output_dir=folder, journal=False)
    for number in range(steps):
        pipeline.step(MockProvider(), model="m", prompt=str(number))
    began = perf_counter()
    pipeline.run(embed=False, progress=False)
    return (perf_counter() - began) / steps


def main() -> None:
    """Measures every tracer in turn, round after round, so that a slow spell hits all alike."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--steps", type=int, default=200)
    given = parser.parse_args()
    compared = tracers()
    taken: dict[str, list[float]] = {name: [] for name in compared}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(given.rounds):
            for name, make in compared.items():
                taken[name].append(seconds_per_step(make(), given.steps, folder))
    base = statistics.median(taken.pop("no tracer"))
    print(f"{base * 1e6:8.0f} us per step with no tracer")
    for name, times in taken.items():
        print(f"{(statistics.median(times) - base) * 1e6:+8.0f} us  {name}")


if __name__ == "__main__":
    sys.exit(main())
