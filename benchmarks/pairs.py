"""Runs scenarios under both packages in alternation, so that a slow spell of the machine hits both."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.environments import ROOT
from benchmarks.plan import Scenario

Figures = dict[str, list[float]]


class Pair:
    """The figures of one scenario: by package and metric, one per turn."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.figures: dict[str, Figures] = {}

    def metrics(self) -> list[str]:
        """The metrics that both packages have."""
        first, *others = self.figures.values()
        return [name for name in first if all(name in other for other in others)]

    def median(self, package: str, metric: str) -> float:
        """The median of a figure."""
        return median(self.figures[package][metric])

    def ratio(self, metric: str, over: str = "published", under: str = "ours") -> tuple[float, float, float]:
        """Lowest, median and highest of the ratios of figures that were taken one after the other."""
        upper, lower = self.figures[under][metric], self.figures[over][metric]
        ratios = sorted(ours / theirs for ours, theirs in zip(upper, lower, strict=True) if theirs)
        return (ratios[0], median(ratios), ratios[-1]) if ratios else (0.0, 0.0, 0.0)


def measure(scenario: Scenario, pythons: dict[str, Path]) -> Pair:
    """Take every turn of a scenario."""
    pair = Pair(scenario)
    for turn in range(scenario.pairs):
        order = list(pythons.items())
        for package, python in order if turn % 2 == 0 else reversed(order):
            for metric, value in _figures(scenario.command, python).items():
                pair.figures.setdefault(package, defaultdict(list))[metric].append(value)
    return pair


def _figures(command: tuple[str, ...], python: Path) -> dict[str, float]:
    if not command[0].startswith("!"):
        done = _run([str(python), "-m", "benchmarks.worker", *command])
        found: dict[str, float] = json.loads(done)
        return found
    program = python if command[0] == "!python" else python.with_name(command[0][1:])
    arguments = [str(program), *command[1:]]
    before = os.times()
    began = perf_counter()
    subprocess.run(arguments, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    wall = perf_counter() - began
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {"wall": wall, "cpu": cpu, "memory": _peak(arguments)}


# A process counts what its parent held when it began, so that the parent has to be smaller than it.
_SMALL_PARENT = """
import os, sys
silent = [(os.POSIX_SPAWN_OPEN, stream, "/dev/null", os.O_WRONLY, 0) for stream in (1, 2)]
process = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=silent)
print(os.wait4(process, 0)[2].ru_maxrss)
"""


def _peak(arguments: list[str]) -> float:
    """Run a command to its end and return the most memory it held, in megabytes."""
    return int(_run([sys.executable, "-I", "-S", "-c", _SMALL_PARENT, *arguments])) / 1024


def _run(command: list[str]) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr[-3000:]}")
    return done.stdout
