"""How fast manifests are indexed, and how long a search takes: `python benchmarks/index.py [--manifests 10000]`."""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from genblaze.models import Asset, Manifest, Run, Step
from genblaze_gallery.index import Index
from genblaze_gallery.searching import Query, search

SEED = 11
WORDS = [
    *(
        "fox",
        "whale",
        "forest",
        "snow",
        "golden",
        "hour",
        "lighthouse",
        "sea",
        "fog",
        "portrait",
        "studio",
        "neon",
        "city",
    ),
    *("rain", "mountain", "lake", "watercolour", "macro", "orchid", "desert", "storm", "harbour", "vintage", "tram"),
    *("violin", "market", "aurora", "glacier", "temple", "bamboo", "lantern", "festival"),
]
MODELS = ("local-image-1", "flux-2-pro", "gpt-image-2", "veo-3.1", "gen4_turbo", "ray-2", "tts-1-hd")
QUESTIONS = {
    "two words of the prompt": Query(text="fox snow"),
    "a phrase, and the model": Query(text='"golden hour"', model="flux*"),
    "a month, and at least this cost": Query(since="2026-03", until="2026-04", min_cost=0.5),
    "the digest of a file": Query(hash=f"{7 * 3 + 1:064x}"),
    "the run it goes on from": Query(parent="run-00004"),
    "the newest of all": Query(),
}


def manifest(number: int, chance: random.Random) -> Manifest:
    """Returns a run of three steps, each of which takes in what the one before made."""
    steps: list[Step] = []
    for index in range(3):
        made = Asset(
            asset_id=f"asset-{number}-{index}",
            url=f"s3://bucket/{number}/{index}.png",
            media_type="image/png",
            sha256=f"{number * 3 + index:064x}",
            size_bytes=1_000_000,
            width=1024,
            height=1024,
        )
        steps.append(
            Step(
                provider="vendor",
                model=chance.choice(MODELS),
                prompt=" ".join(chance.choices(WORDS, k=24)),
                params={"size": "1024x1024", "quality": "high"},
                inputs=steps[-1].assets if steps else [],
                assets=[made],
                cost_usd=round(chance.random(), 3),
            )
        )
    when = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=40 * number)
    parent = f"run-{number - 1:05}" if number % 4 else None
    return Manifest.from_run(Run(run_id=f"run-{number:05}", created_at=when, parent_run_id=parent, steps=steps))


def write(folder: Path, count: int) -> None:
    """Writes the manifests, a thousand to a folder."""
    chance = random.Random(SEED)
    for number in range(count):
        path = folder / f"{number // 1000:03}" / f"{number:06}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(manifest(number, chance).to_canonical_json())


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Returns the seconds by the clock and of the processor, and what the work returned."""
    began, used = perf_counter(), process_time()
    outcome = work()
    return perf_counter() - began, process_time() - used, outcome


def main() -> None:
    """Prints one line for each piece of work."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifests", type=int, default=10_000)
    parser.add_argument("--searches", type=int, default=200)
    given = parser.parse_args()
    count = given.manifests
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "manifests")
        write(folder, count)
        with Index(Path(name, "index.db")) as index:
            clock, processor, _ = timed(lambda: index.refresh(str(folder)))
            print(f"indexed from nothing   {clock:7.2f} s  {count / clock:8,.0f} manifests a second")
            print(f"  of the processor     {processor:7.2f} s  {count / processor:8,.0f} manifests a second")
            clock, _, _ = timed(lambda: index.refresh(str(folder)))
            print(f"nothing has changed    {clock:7.2f} s  {count / clock:8,.0f} manifests a second")
            changed = sorted(folder.rglob("*.json"))[:: max(1, count // 100)]
            for path in changed:
                os.utime(path)
            clock, _, done = timed(lambda: index.refresh(str(folder)))
            print(f"{done.changed} of them have changed {clock:5.2f} s")
            print(f"size of the index      {Path(name, 'index.db').stat().st_size / 1e6:7.1f} MB")
            for question, query in QUESTIONS.items():
                taken = [timed(lambda query=query: search(index, query))[0] for _ in range(given.searches)]
                hits = len(search(index, query))
                middle, slow = statistics.median(taken), statistics.quantiles(taken, n=20)[-1]
                print(f"{question:34} {middle * 1e3:6.2f} ms (95 of 100 within {slow * 1e3:.2f} ms), {hits} hits")


if __name__ == "__main__":
    main()
