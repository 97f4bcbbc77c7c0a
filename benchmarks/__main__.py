"""Runs the same work under the published package and under this tree: `python -m benchmarks`.

Both are installed into virtual environments of their own below `.cache/benchmarks`. Every scenario is a process that
is started under each in alternation; the tables show medians and the paired ratios with their range. The first rows
compare this tree with itself: what they differ by is noise.
"""

from __future__ import annotations

import argparse
import platform
from pathlib import Path

from benchmarks import files, growth, limits, servers, table
from benchmarks.environments import prepare
from benchmarks.pairs import measure
from benchmarks.plan import Scenario, bucket_scenarios, file_scenarios, scenarios


def main() -> None:
    """Measure what is asked for, print it, and with `--write` put it into the documentation."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer pairs, smaller sizes")
    parser.add_argument("--only", default="", help="only scenarios with this in their name; `files`")
    parser.add_argument("--write", action="store_true", help=f"write {table.PAGE.name}")
    options = parser.parse_args()
    pythons = prepare()
    small_png = files.embedded_png(pythons["published"])
    chosen = [each for each in scenarios(small_png, quick=options.quick) if options.only in each.name]
    parts: dict[str, list[str]] = {}
    print(_machine())
    if not options.only:
        parts["machine"] = [_machine(), "", *_noise(pythons["ours"])]
    if chosen:
        parts["comparison"] = [table.HEADER, *_show(chosen, pythons)]
    if not options.only:
        parts["growth"] = _printed([growth.HEADER, *growth.rows(pythons["ours"], quick=options.quick)])
    if options.only in ("", "files"):
        parts |= _files(pythons, quick=options.quick)
    in_buckets = [each for each in bucket_scenarios(quick=options.quick) if options.only in each.name]
    if in_buckets:
        with servers.buckets():
            parts["bucket"] = [table.HEADER, *_show(in_buckets, pythons)]
    if options.write:
        for name, lines in parts.items():
            if name != "comparison" or not options.only:  # a few rows do not replace the whole table
                table.write(name, "\n".join(lines))


def _files(pythons: dict[str, Path], *, quick: bool) -> dict[str, list[str]]:
    media = files.media()
    return {
        "files": [table.HEADER, *_show(list(file_scenarios(media, quick=quick)), pythons)],
        "limits": _printed([limits.HEADER, *limits.rows(pythons["ours"], media, quick=quick)]),
        "memory": _printed([limits.MEMORY_HEADER, *limits.memory_rows(pythons["ours"], quick=quick)]),
    }


def _printed(lines: list[str]) -> list[str]:
    print("\n".join(lines), flush=True)
    return lines


def _show(chosen: list[Scenario], pythons: dict[str, Path]) -> list[str]:
    print(table.HEADER)
    lines: list[str] = []
    for scenario in chosen:
        found = table.rows(measure(scenario, pythons))
        print("\n".join(found), flush=True)
        lines += found
    return lines


def _noise(python: Path) -> list[str]:
    """This tree against itself: the range of ratios that means nothing."""
    itself = {"published": python, "ours": python}
    told = []
    for scenario in (Scenario("import", ("!python", "-c", "import genblaze_core; genblaze_core.Pipeline"), 9),
                     Scenario("100 steps", ("pipelines", "100"), 5)):  # fmt: skip
        pair = measure(scenario, itself)
        low, middle, high = pair.ratio(pair.metrics()[0])
        told.append(f"Noise, this tree against itself: {scenario.name} {middle:.2f} ({low:.2f} to {high:.2f}).")
    print("\n".join(told))
    return told


def _machine() -> str:
    return f"Python {platform.python_version()} on {platform.system()} {platform.machine()}."


if __name__ == "__main__":
    main()
