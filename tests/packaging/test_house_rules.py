"""Rules of the tree that no linter knows: how long a module may be, and what it may be called."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# `base` and its like stand only where a published import path demands them.
SOURCES = [
    path
    for pattern in ("src/**/*.py", "*/genblaze-*/src/**/*.py", "tools/*.py", "benchmarks/*.py")
    for path in sorted(ROOT.glob(pattern))
    if "genblaze_core" not in path.parts
]
DRAWERS = {"base", "common", "helpers", "manager", "misc", "utils"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_can_be_read_in_one_sitting(path):
    assert len(path.read_text("utf-8").splitlines()) <= 500


def test_no_module_is_a_drawer_of_odds_and_ends():
    assert [path for path in SOURCES if path.stem in DRAWERS] == []
