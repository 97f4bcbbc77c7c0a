"""What is measured, in which unit, and how far we want to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Scenario(NamedTuple):
    """One process to start under each package.

    Attributes:
        name: How the tables call it.
        command: Arguments of `benchmarks.worker`, or a command line that is timed as a whole when it begins with `!`.
        pairs: How often each package has its turn.
    """

    name: str
    command: tuple[str, ...]
    pairs: int


class Goal(NamedTuple):
    """The ratio that a figure shall not exceed: to the published package, or to `limit` where one is named."""

    ratio: float
    limit: str | None = None
    times: float = 1.0


GOALS: dict[tuple[str, str], Goal] = {
    ("import", "wall"): Goal(0.20),
    ("import", "memory"): Goal(0.45),
    ("genblaze --help", "wall"): Goal(0.28),
    ("genblaze verify", "wall"): Goal(0.45),
    **{("manifest of 100", name): Goal(0.08) for name in ("hash", "verify")},
    **{("manifest of 1000", name): Goal(0.08) for name in ("hash", "verify")},
    **{(f"manifest of {steps}", "to json"): Goal(0.06) for steps in (100, 1000)},
    **{(f"manifest of {steps}", "parse"): Goal(0.20) for steps in (100, 1000)},
    **{(f"{steps} steps", "sync"): Goal(0.12) for steps in (100, 1000)},
    **{(f"{steps} steps", face): Goal(0.15) for steps in (100, 1000) for face in ("async", "stream")},
    ("1 step", "sync"): Goal(0.15),
    ("batch of 1000 x 5 ms at 50", "wall"): Goal(0.04),
    ("500 blocking steps x 20 ms", "wall"): Goal(0.10),
    ("500 awaiting steps x 20 ms", "wall"): Goal(0.55),
    ("repeats", "retry"): Goal(0.20),
    ("repeats", "cache hit"): Goal(0.18),
    ("repeats", "agent iteration"): Goal(0.15),
    ("sink, 1 MB to a folder", "asset"): Goal(0.6),
    ("memory", "per 1000 results"): Goal(0.45),
    ("bucket, 200 x 1 MB", "wall"): Goal(0.3),
    ("bucket, 200 x 100 kB at 50 ms", "wall"): Goal(0.3),
    ("bucket, 3 x 200 MB", "wall"): Goal(0.8),
    ("bucket, 3 x 200 MB", "memory"): Goal(0.1),
}


#: What a program costs from its start to its end that runs one step and ends.
ONE_STEP = (
    "from benchmarks.scenarios.samples import Instant, pipeline; pipeline(1, Instant()).run(raise_on_failure=True)"
)


def scenarios(small_png: str, *, quick: bool) -> Iterator[Scenario]:
    """All scenarios but those of files and buckets; `small_png` is a file with a manifest inside."""
    pairs = 3 if quick else 7
    yield Scenario("import", ("!python", "-c", "import genblaze_core; genblaze_core.Pipeline"), pairs * 3)
    yield Scenario("genblaze --help", ("!genblaze", "--help"), pairs * 3)
    yield Scenario("genblaze verify", ("!genblaze", "verify", small_png), pairs * 3)
    yield Scenario("program of one step", ("!python", "-c", ONE_STEP), pairs * 3)
    for steps in (1, 10, 100) if quick else (1, 10, 100, 1000):
        yield Scenario(f"manifest of {steps}", ("manifests", str(steps)), pairs)
    for steps in (1, 100) if quick else (1, 100, 1000):
        yield Scenario("1 step" if steps == 1 else f"{steps} steps", ("pipelines", str(steps)), pairs)
    yield Scenario("batch of 1000 x 5 ms at 50", ("waiting", "batch"), 1 if quick else 3)
    yield Scenario("500 blocking steps x 20 ms", ("waiting", "blocking"), pairs)
    yield Scenario("500 awaiting steps x 20 ms", ("waiting", "awaiting"), pairs)
    yield Scenario("repeats", ("repeats",), pairs)
    yield Scenario("memory", ("memory",), 3)
    yield Scenario("sink, 1 MB to a folder", ("storing",), pairs)


def file_scenarios(media: dict[str, str], *, quick: bool) -> Iterator[Scenario]:
    """Embedding into files and reading them; `media` gives a file by its name."""
    for name, path in media.items():
        yield Scenario(name, ("media", path), 2 if quick else 3)


def bucket_scenarios(*, quick: bool) -> Iterator[Scenario]:
    """One run stored in a bucket: many small outputs near by and far away, and a few large ones."""
    pairs = 1 if quick else 5
    yield Scenario("bucket, 200 x 1 MB", ("bucket", "near", "200", "1000000"), pairs)
    yield Scenario("bucket, 200 x 100 kB at 50 ms", ("bucket", "far", "200", "100000"), pairs)
    yield Scenario("bucket, 3 x 200 MB", ("bucket", "near", "3", "200000000"), pairs)
