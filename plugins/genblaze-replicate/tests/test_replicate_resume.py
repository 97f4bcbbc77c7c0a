"""Processes that are killed: the prediction is bought once."""

import os
import signal
import subprocess
import sys

import pytest

from genblaze.testing import Answer

PROGRAM = """
from genblaze import Pipeline
Pipeline("fox").step("replicate", model="black-forest-labs/flux-schnell", prompt="a fox").run()
"""
SUBMIT = "/v1/models/black-forest-labs/flux-schnell/predictions"


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/predictions/p1"), ("POST", SUBMIT)])
def test_what_a_killed_process_had_asked_for_is_collected_and_asked_for_once(
    replicate, prediction, tmp_path, method, path
):
    started = {}

    def kill(call):
        os.kill(started["process"].pid, signal.SIGKILL)
        return Answer(fault="reset")

    replicate.on(method, path, kill)
    started["process"] = subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=tmp_path)
    assert started["process"].wait(60) == -signal.SIGKILL
    done = prediction(status="succeeded", output=f"{replicate.url}/out/0.png")
    replicate.on("GET", "/v1/predictions/p1", Answer(body=done))
    replicate.on("GET", "/v1/predictions", Answer(body={"results": [prediction()], "next": None}))
    command = [sys.executable, "-m", "genblaze", "resume"]
    resumed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert "completed" in resumed.stdout, resumed.stderr
    assert len(replicate.sent("POST", SUBMIT)) == 1
