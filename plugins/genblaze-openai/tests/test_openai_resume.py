"""Killed processes, given-up runs: the video is bought once."""

import asyncio
import os
import signal
import subprocess
import sys
import threading

import pytest

from genblaze import Pipeline
from genblaze.testing import Answer
from genblaze_openai import DalleProvider, SoraProvider

PROGRAM = """
from genblaze import Pipeline, Modality
Pipeline("film").step("openai-sora", model="sora-2", prompt="a canyon", modality=Modality.VIDEO).run()
"""


@pytest.fixture
def killed(openai, tmp_path):
    """Runs the program until a request of its comes in, which kills it instead of being answered."""

    def until(method, path):
        started = {}

        def kill(call):
            os.kill(started["process"].pid, signal.SIGKILL)
            return Answer(fault="reset")

        openai.on(method, path, kill)
        started["process"] = subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=tmp_path)
        assert started["process"].wait(60) == -signal.SIGKILL

    return until


def resume(folder):
    command = [sys.executable, "-m", "genblaze", "resume"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.slow
def test_a_video_whose_process_was_killed_while_it_was_made_is_collected(openai, killed, video_object, tmp_path):
    killed("GET", "/v1/videos/video_1")
    openai.on("GET", "/v1/videos/video_1", Answer(body=video_object(status="completed")))
    done = resume(tmp_path)
    assert "completed" in done.stdout, done.stderr
    assert len(openai.sent("POST", "/v1/videos")) == 1


@pytest.mark.slow
def test_a_video_whose_process_was_killed_before_it_heard_the_answer_is_found(openai, killed, video_object, tmp_path):
    killed("POST", "/v1/videos")
    mine = video_object(model="sora-2", prompt="a canyon")
    openai.on("GET", "/v1/videos", Answer(body={"data": [mine], "has_more": False}))
    done = resume(tmp_path)
    assert "completed" in done.stdout, done.stderr
    assert len(openai.sent("POST", "/v1/videos")) == 1


@pytest.mark.parametrize(
    ("provider", "model", "path"),
    [(DalleProvider, "gpt-image-2", "images/generations"), (SoraProvider, "sora-2", "videos")],
)
def test_giving_up_while_the_request_is_under_way_sends_it_once(openai, tmp_path, provider, model, path):
    arrived = threading.Event()

    def keep_waiting(call):
        arrived.set()
        return Answer(fault="silence")

    async def main():
        pipeline = Pipeline("p", output_dir=tmp_path)
        pipeline.step(provider(), model=model, prompt="a fox", modality=provider.modality)
        run = asyncio.ensure_future(pipeline.arun())
        assert await asyncio.to_thread(arrived.wait, 30)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    openai.on("POST", f"/v1/{path}", keep_waiting)
    asyncio.run(main())
    assert len(openai.paid()) == 1
