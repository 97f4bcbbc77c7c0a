"""Thousands of runs leave no threads, tasks or memory behind."""

import gc
import threading
import tracemalloc

import pytest
from sample_pipelines import pipeline_in

from genblaze import Asset, SyncProvider


class Instant(SyncProvider):
    name = "instant"

    def generate(self, step, config=None):
        step.assets = [Asset(url="https://h/a.png", media_type="image/png", sha256="0" * 64)]
        return step


FACES = {
    "run": lambda pipeline, number: [pipeline.run() and None for _ in range(number)],
    "stream": lambda pipeline, number: [list(pipeline.stream()) and None for _ in range(number)],
    "batch_run": lambda pipeline, number: [pipeline.batch_run(["x"] * 50) and None for _ in range(number // 50)],
}


@pytest.mark.slow
@pytest.mark.parametrize("face", FACES)
def test_thousands_of_runs_leave_nothing_behind(tmp_path, face):
    pipeline = pipeline_in(tmp_path, chain=True)
    pipeline.step(Instant(), model="a", prompt="a {prompt}").step(Instant(), model="b")

    def many(number):
        FACES[face](pipeline, number)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before = many(200)
        threads = threading.active_count()
        after = many(800)
    finally:
        tracemalloc.stop()
    assert threading.active_count() <= threads
    assert after - before < 80_000  # a hundred bytes of each run would be more


def test_streams_that_were_left_leave_no_engine_thread(tmp_path):
    pipeline = pipeline_in(tmp_path).step(Instant(), model="a")
    for _ in range(30):
        for _ in pipeline.stream():
            break
    gc.collect()
    assert not [thread for thread in threading.enumerate() if thread.name == "genblaze-engine"]
