"""Kills paying processes at random moments, resumes their runs, and counts what was bought twice or got lost.

Each process runs one pipeline of paid steps against a real vendor over HTTP and is killed with SIGKILL somewhere
between its first submit and the end of its manifest, until one of them comes to the end. `--arm naive` switches the
journal off: it must buy twice, or the kills would not hit where it hurts. `--every-write` kills at no random moments,
but before and after each single commit to the journal.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

from genblaze import Pipeline
from genblaze.embedding import content_digest
from genblaze.journal.writer import Writer
from genblaze.models.manifest import parse_manifest
from genblaze_local import LocalPaidProvider
from genblaze_local.paid_vendor import KINDS, picture

STEPS = 8
CONCURRENCY = 4
#: Kills of one run; then it may come to its end, so that many runs are met at many points.
KILLS_PER_RUN = 5
VENDOR_DELAY_SEC = 0.004


@contextmanager
def vendor(kind: str) -> Iterator[str]:
    """A vendor in a process of its own; gives its address."""
    command = [sys.executable, "-m", "genblaze_local.paid_vendor", "--kind", kind, "--delay", str(VENDOR_DELAY_SEC)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate()


def ledger(url: str) -> list[dict[str, Any]]:
    """Every submit that reached the vendor."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=60)
    connection.request("GET", "/ledger")
    found = json.loads(connection.getresponse().read())["submits"]
    connection.close()
    return list(found)


def pipeline(url: str, kind: str, folder: Path, *, journal: bool, steps: int = STEPS) -> Pipeline:
    """Paid steps whose prompts nobody else uses."""
    provider = LocalPaidProvider(url, kind=kind, output_dir=folder, poll_interval=0.002)
    made = Pipeline("crash", output_dir=folder, journal=None if journal else False)
    for index in range(steps):
        made.step(provider, model="m", prompt=f"{folder.name}/{index}")
    return made


def work(made: Pipeline, folder: Path, begun: int, concurrency: int) -> None:
    """The life of one process: the run, its manifest, and a report of how the steps ended."""
    os.write(begun, b"!")
    result = made.resume(f"run-{folder.name}", fail_fast=False, raise_on_failure=False, max_concurrency=concurrency)
    result.save_manifest(folder / "manifest.json")
    (folder / ".modules").write_text(json.dumps([name for name in sys.modules if not name.startswith("__")]))


def die_at(point: int) -> None:
    """Let this process be killed before (even numbers) or after (odd ones) one of its commits to the journal."""
    commit, passed = Writer._commit, count()

    def commit_or_die(self: Writer, *args: Any) -> Any:
        if next(passed) == point:
            os.kill(os.getpid(), signal.SIGKILL)
        outcomes = commit(self, *args)
        if next(passed) == point:
            os.kill(os.getpid(), signal.SIGKILL)
        return outcomes

    Writer._commit = commit_or_die  # type: ignore[method-assign]  # this process is about to die


def live(made: Pipeline, folder: Path, seconds: float | None, point: int | None = None) -> bool:
    """Let a process work, and kill it after so many seconds or at a commit; whether it was killed."""
    heard, begun = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if point is not None:
                die_at(point)
            work(made, folder, begun, CONCURRENCY if point is None else 1)
            os._exit(0)
        except BaseException:  # noqa: BLE001 - the child must not go on as its parent
            traceback.print_exc()
            os._exit(1)
    os.read(heard, 1)
    os.close(heard)
    os.close(begun)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    ended = os.waitstatus_to_exitcode(status)
    if ended not in (0, -signal.SIGKILL):
        msg = f"A process failed by itself ({ended}) while it worked on {folder}"
        raise RuntimeError(msg)
    return ended != 0


def half_written(folder: Path) -> int:
    """Visible files that are not what they should be."""
    broken = 0
    pictures = {hashlib.sha256(picture(f"{folder.name}/{index}")).hexdigest() for index in range(STEPS)}
    for path in folder.iterdir():
        if path.suffix == ".png":
            broken += content_digest(path).sha256 not in pictures
        elif path.suffix == ".json":
            found = parse_manifest(path.read_text()).verification_report()
            broken += not (found.ok or (found.hash_ok and not found.has_outputs))  # all steps may have been held
    return broken


def settle(url: str, folder: Path) -> Counter[str]:
    """What came of one run: bought twice, lost, held back and reported, half written."""
    manifest = parse_manifest((folder / "manifest.json").read_text())
    steps = {step.prompt: step for step in manifest.run.steps}
    bought = Counter(entry["prompt"] for entry in ledger(url) if entry["new"] and entry["prompt"] in steps)
    found: Counter[str] = Counter(bought=sum(bought.values()), duplicates=sum(bought.values()) - len(bought))
    for prompt, step in steps.items():
        if step.error_code == "unknown":
            found["held"] += 1
        elif step.status != "succeeded" or not bought[prompt]:
            found["lost"] += 1
    found["half_written"] = half_written(folder)
    return found


def arm(kind: str, kills: int, *, journal: bool, seed: int) -> Counter[str]:
    """Kill until there were enough kills; the sums over all runs."""
    chance = random.Random(seed)
    sums: Counter[str] = Counter(kills=0, runs=0, bought=0, duplicates=0, lost=0, held=0, half_written=0)
    with tempfile.TemporaryDirectory() as root, vendor(kind) as url:
        longest = time_of_a_run(url, kind, Path(root), journal=journal)
        while sums["kills"] < kills:
            folder = Path(root) / str(sums["runs"])
            folder.mkdir()
            made = pipeline(url, kind, folder, journal=journal)
            for _ in range(KILLS_PER_RUN):
                if not live(made, folder, chance.uniform(0.0, longest)):
                    break
                sums["kills"] += 1
                sums["half_written"] += half_written(folder)
            live(made, folder, None)
            sums["runs"] += 1
            sums.update(settle(url, folder))
    return sums


def every_write(kind: str) -> Counter[str]:
    """Kill a run at each of its commits, one after the other, until there is none left; the sums over all runs."""
    sums: Counter[str] = Counter(kills=0, runs=0, bought=0, duplicates=0, lost=0, held=0, half_written=0)
    with tempfile.TemporaryDirectory() as root, vendor(kind) as url:
        time_of_a_run(url, kind, Path(root), journal=True)  # for what it imports
        for point in count():
            folder = Path(root) / str(point)
            folder.mkdir()
            made = pipeline(url, kind, folder, journal=True, steps=2)
            killed = live(made, folder, None, point)
            sums["kills"] += killed
            sums["half_written"] += half_written(folder)
            live(made, folder, None)
            sums["runs"] += 1
            sums.update(settle(url, folder))
            if not killed:
                return sums
    raise AssertionError


def time_of_a_run(url: str, kind: str, root: Path, *, journal: bool) -> float:
    """Seconds that a run takes which nobody kills, and which finds everything imported, as all later ones do."""
    for name in ("first", "undisturbed"):
        folder = root / name
        folder.mkdir()
        began = time.perf_counter()
        live(pipeline(url, kind, folder, journal=journal), folder, None)
        taken = time.perf_counter() - began
        for module in json.loads((folder / ".modules").read_text()):
            with suppress(ImportError):
                import_module(module)
    return taken


def main() -> None:
    """Run each arm and print a table, or JSON lines."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200, help="kills for each arm")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--arm", choices=[*KINDS, "naive"], action="append")
    parser.add_argument("--every-write", action="store_true", help="kill at each commit in place of random moments")
    options = parser.parse_args()
    for name in options.arm or [*KINDS, "naive"]:
        naive = name == "naive"
        began = time.perf_counter()
        if options.every_write:
            sums = every_write("neither" if naive else name)
        else:
            sums = arm("neither" if naive else name, options.kills, journal=not naive, seed=options.seed)
        print(
            json.dumps({"arm": name, "seed": options.seed, **sums, "seconds": round(time.perf_counter() - began, 1)}),
            flush=True,
        )


if __name__ == "__main__":
    main()
