"""What the engine costs beside the provider: steps that take no time."""

from __future__ import annotations

import asyncio
import tempfile

from benchmarks.scenarios.samples import Instant, pipeline
from benchmarks.scenarios.timing import seconds


def measure(steps: str, faces: str = "sync async stream") -> dict[str, float]:
    """Seconds per step, by the face of the engine that is used."""
    number = int(steps)
    made = pipeline(number, Instant())

    def streamed() -> None:
        for _ in made.stream():
            pass

    calls = {
        "sync": lambda: made.run(raise_on_failure=True),
        "async": lambda: asyncio.run(made.arun(raise_on_failure=True, max_concurrency=16)),
        "stream": streamed,
    }
    with tempfile.TemporaryDirectory():
        return {face: seconds(calls[face]) / number for face in faces.split()}
