"""A thousand runs leave no threads, tasks or memory behind."""

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


@pytest.mark.slow
def test_a_thousand_runs_leave_nothing_behind(tmp_path):
    pipeline = pipeline_in(tmp_path, chain=True).step(Instant(), model="a", prompt="x").step(Instant(), model="b")

    def many(number):
        for _ in range(number):
            pipeline.run()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before = many(200)
        threads = threading.active_count()
        after = many(1000)
    finally:
        tracemalloc.stop()
    assert threading.active_count() <= threads
    assert after - before < 200_000


def test_streams_that_were_left_leave_no_engine_thread(tmp_path):
    pipeline = pipeline_in(tmp_path).step(Instant(), model="a")
    for _ in range(30):
        for _ in pipeline.stream():
            break
    gc.collect()
    assert not [thread for thread in threading.enumerate() if thread.name == "genblaze-engine"]
