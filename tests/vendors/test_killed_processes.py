"""A process is killed while its job is under way; `genblaze resume` finishes the job, which was bought once."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from played_vendors import PLAYED, at

from genblaze import verify_file
from genblaze.testing import Answer

pytestmark = [pytest.mark.needs_plugins, pytest.mark.slow]

POLLED = [name for name, played in PLAYED.items() if played.job]
LISTED = [name for name, played in PLAYED.items() if played.listing]
PROGRAM = """
from pkgutil import resolve_name
from genblaze import Pipeline
provider = resolve_name({maker!r})(poll_interval=0.01)
Pipeline("killed").step(provider, prompt="a fox", **{step!r}).run()
"""


def killed(name, vendor, folder, method, path):
    """Run the program until a request of its comes in, which kills it instead of being answered."""
    played, started = PLAYED[name], {}

    def kill(_):
        os.kill(started["process"].pid, signal.SIGKILL)
        return Answer(fault="reset")

    vendor.first(method, path, kill)
    program = PROGRAM.format(maker=played.maker, step=played.step)
    started["process"] = subprocess.Popen([sys.executable, "-c", program], cwd=folder)
    assert started["process"].wait(120) == -signal.SIGKILL


def resumed(name, vendor, folder):
    for _ in range(2):  # the vendor has finished meanwhile: its next answer is the last
        urlopen(vendor.url + PLAYED[name].job[0]).close()
    command = [sys.executable, "-m", "genblaze", "resume"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert "completed" in done.stdout, done.stdout + done.stderr
    (output,) = [path for path in Path(folder, "output").iterdir() if path.is_file()]
    assert verify_file(output).ok


@pytest.mark.parametrize("name", POLLED)
def test_a_job_whose_process_was_killed_while_it_was_made_is_collected(name, tmp_path):
    played = PLAYED[name]
    with at(name) as vendor:
        killed(name, vendor, tmp_path, "GET", played.job[0])
        resumed(name, vendor, tmp_path)
        assert len(vendor.sent(*played.paid)) == 1


@pytest.mark.parametrize("name", LISTED)
def test_a_job_whose_process_was_killed_before_it_heard_the_answer_is_found(name, tmp_path):
    played = PLAYED[name]
    with at(name) as vendor:
        played.listing(vendor)
        killed(name, vendor, tmp_path, *played.paid)
        resumed(name, vendor, tmp_path)
        assert len(vendor.sent(*played.paid)) == 1
