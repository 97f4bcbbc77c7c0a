"""Each weak spot of the published package has its tests here, and the page says so in their words."""

import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "tools" / "weak_spots.py"


def test_the_page_of_weak_spots_is_what_the_tests_say():
    done = subprocess.run([sys.executable, TOOL, "--check"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
