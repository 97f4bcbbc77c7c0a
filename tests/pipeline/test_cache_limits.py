"""One question is paid for once, however many ask it; entries expire, and the folder stays within its size."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sample_pipelines import AsyncPainter, Painter, start_script

from genblaze import GenblazeError, StepCache


@pytest.fixture
def cache(tmp_path):
    return StepCache(tmp_path / "cache")


def entries(cache):
    return sorted(cache._dir.glob("*.json"))


@pytest.mark.parametrize("kind", [Painter, AsyncPainter])
def test_equal_items_of_a_batch_are_paid_for_once(new, folder, cache, kind):
    painter = kind(folder, seconds=0.1)
    results = new().cache(cache).step(painter, model="m").batch_run(["a fox"] * 20, max_concurrency=20)
    steps = [result.run.steps[0] for result in results]
    assert painter.calls == 1
    assert sorted(step.cached for step in steps) == [False] + [True] * 19
    assert len({step.assets[0].url for step in steps}) == 20, "each has a file of its own"


def test_when_the_one_that_asks_fails_the_next_one_asks(new, folder, cache):
    painter = Painter(folder, seconds=0.05, errors=[ValueError("no")])
    results = new().cache(cache).step(painter, model="m").batch_run(["a fox"] * 4, max_concurrency=4)
    assert sorted(result.ok for result in results) == [False, True, True, True]
    assert painter.calls == 2


async def test_a_step_that_is_cancelled_gives_its_turn_to_the_next(new, folder, cache):
    asking = asyncio.Event()

    class Stuck(AsyncPainter):
        async def generate(self, step, config=None):
            asking.set()
            await asyncio.Event().wait()

    stuck, painter = Stuck(folder), AsyncPainter(folder)
    stuck.name = painter.name
    first = asyncio.create_task(new().cache(cache).step(stuck, model="m").arun())
    await asking.wait()
    second = asyncio.create_task(new().cache(cache).step(painter, model="m").arun())
    await asyncio.sleep(0.05)
    assert painter.calls == 0, "it waits for the answer of the first"
    first.cancel()
    assert (await second).ok
    assert [path.suffix for path in cache._dir.iterdir()] == [".json"]


PROCESS = """
    import sys, time
    from pathlib import Path
    from sample_pipelines import Painter, pipeline_in
    from genblaze import StepCache

    class Marking(Painter):
        def painted(self, step):
            Path(f"called-{sys.argv[0]}-{time.time_ns()}".replace("/", "_")).touch()
            return super().painted(step)

    Path("began").touch()
    pipeline = pipeline_in(Path("out")).cache(StepCache("cache")).step(Marking("out", seconds=1), model="m")
    print("cached", pipeline.run().run.steps[0].cached)
"""


@pytest.mark.slow
def test_processes_that_share_a_cache_pay_once(tmp_path):
    processes = [start_script(PROCESS, tmp_path) for _ in range(3)]
    said = [process.communicate(timeout=60) for process in processes]
    assert sorted(out.strip() for out, _ in said) == ["cached False", "cached True", "cached True"], said
    assert len(list(tmp_path.glob("called-*"))) == 1


@pytest.mark.slow
def test_the_turn_of_a_killed_process_ends_with_it(new, painter, tmp_path, cache):
    process = subprocess.Popen(
        [sys.executable, "-c", "import sys; from genblaze import Step, StepCache; "
         "turn = StepCache(sys.argv[1]).turn(Step(provider='painter', model='m')); print('ready', flush=True); "
         "sys.stdin.read()", str(cache._dir)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        assert process.stdout.readline() == "ready\n"
        threading.Timer(0.3, process.kill).start()
        assert new().cache(cache).step(painter, model="m").run().ok
    assert process.returncode == -9, "the step had to wait for the other process's end"


def test_an_entry_is_forgotten_after_its_time(new, painter, tmp_path):
    cache = StepCache(tmp_path / "cache", ttl=3600)
    pipeline = new().cache(cache).step(painter, model="m")
    pipeline.run()
    assert pipeline.run().run.steps[0].cached
    long_ago = time.time() - 3700
    os.utime(entries(cache)[0], (long_ago, long_ago))
    assert not pipeline.run().run.steps[0].cached
    assert pipeline.run().run.steps[0].cached, "the new answer took the place of the old"


def test_a_hit_does_not_make_an_entry_younger(new, painter, tmp_path):
    cache = StepCache(tmp_path / "cache", ttl=3600, max_bytes=1 << 20)
    pipeline = new().cache(cache).step(painter, model="m")
    pipeline.run()
    before = entries(cache)[0].stat().st_mtime_ns
    pipeline.run()
    assert entries(cache)[0].stat().st_mtime_ns == before


def test_the_entries_that_nobody_asked_for_go_first(new, painter, tmp_path):
    probe = StepCache(tmp_path / "probe")
    new().cache(probe).step(painter, model="m", prompt="0").run()
    size = entries(probe)[0].stat().st_size
    cache = StepCache(tmp_path / "cache", max_bytes=3 * size + size // 2)

    def is_cached(prompt):
        return new().cache(cache).step(painter, model="m", prompt=prompt).run().run.steps[0].cached

    for prompt in "012":
        assert not is_cached(prompt)
    assert is_cached("0"), "asked for again"
    assert not is_cached("3")
    assert len(entries(cache)) == 3
    assert sum(path.stat().st_size for path in entries(cache)) <= 3.5 * size
    assert is_cached("0")
    assert not is_cached("1"), "asked for longest ago"


def test_the_newest_answer_is_kept_however_small_the_limit(new, painter, tmp_path):
    cache = StepCache(tmp_path / "cache", max_bytes=1)
    pipeline = new().cache(cache).step(painter, model="m")
    pipeline.run()
    assert pipeline.run().run.steps[0].cached


@pytest.mark.parametrize("limit", [{"ttl": 0}, {"ttl": -1}, {"max_bytes": 0}])
def test_a_limit_that_keeps_nothing_is_refused(tmp_path, limit):
    with pytest.raises(GenblazeError, match=next(iter(limit))):
        StepCache(tmp_path / "c", **limit)
    assert not Path(tmp_path / "c").exists()
