"""Processes are killed while they pay a real vendor over HTTP: nothing is bought twice, nothing is lost."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "crashes.py"

#: For each kind of vendor, so that there are 200 in all. `benchmarks/crashes.py --kills 1000` does more by hand.
KILLS = 67
SEED = 5

pytestmark = [pytest.mark.slow, pytest.mark.needs_plugins]


def crashes(arm, *how):
    command = [sys.executable, str(PROGRAM), "--arm", arm, "--seed", str(SEED), *how]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("arm", ["idempotent", "listing"])
def test_killed_processes_buy_everything_once_where_the_vendor_helps(arm):
    found = crashes(arm, "--kills", str(KILLS))
    assert found["kills"] >= KILLS
    assert (found["duplicates"], found["lost"], found["held"], found["half_written"]) == (0, 0, 0, 0), found


def test_killed_processes_buy_nothing_twice_where_the_vendor_does_not_help():
    found = crashes("neither", "--kills", str(KILLS))
    assert found["kills"] >= KILLS
    assert (found["duplicates"], found["lost"], found["half_written"]) == (0, 0, 0), found


@pytest.mark.parametrize("arm", ["idempotent", "listing", "neither"])
def test_a_process_may_be_killed_before_and_after_every_write(arm):
    found = crashes(arm, "--every-write")
    assert found["kills"] >= 16, found  # on both sides of begin, end, and two steps' intent, job id and result
    assert (found["duplicates"], found["lost"], found["half_written"]) == (0, 0, 0), found
    assert bool(found["held"]) == (arm == "neither"), found


def test_without_the_journal_the_same_kills_buy_twice():
    """The control: it shows that the kills hit where it hurts."""
    assert crashes("naive", "--kills", "10")["duplicates"] > 0
