"""Limits of a vendor hold for all pipelines of the process together."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from genblaze import Asset, BaseProvider, Pipeline, ProviderError, ProviderErrorCode, RetryPolicy, limits
from genblaze.config import Config, JournalSettings, Limit, load_config
from genblaze.errors import ConfigError, PipelineTimeoutError
from genblaze.journal import SharedJournal, open_shared, owners
from genblaze.limits import OPEN, Gate, gate_of
from genblaze.plugins import PluginManager

UNWELL = ProviderError("500", error_code=ProviderErrorCode.SERVER_ERROR, uncertain=True)


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self, monkeypatch):
        self.now = 1000.0
        monkeypatch.setattr(limits, "monotonic", lambda: self.now)
        monkeypatch.setattr(limits.asyncio, "sleep", self.sleep)

    async def sleep(self, seconds):
        self.now += seconds


def test_jobs_of_several_pipelines_and_threads_share_the_places(tmp_path):
    class Counting(BaseProvider):
        name = "counting"
        poll_interval = 0.001
        lock = threading.Lock()
        under_way = most = 0

        def submit(self, step, config=None):
            with Counting.lock:
                Counting.under_way += 1
                Counting.most = max(Counting.most, Counting.under_way)
            return step.step_id

        def poll(self, prediction_id, config=None):
            return Counting.most >= 3

        def fetch_output(self, prediction_id, step):
            with Counting.lock:
                Counting.under_way -= 1
            step.assets = [Asset(url="https://h/a.png", media_type="image/png", sha256="a" * 64)]
            return step

    plugins = PluginManager(config=Config(limits={"counting": Limit(concurrency=3)}))

    def run(number):
        made = Pipeline(f"p{number}", output_dir=tmp_path, plugins=plugins)
        for _ in range(10):
            made.step(Counting(), model="m", prompt="p")
        return made.run(max_concurrency=10, timeout=60).ok

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(run, range(4)))
    assert Counting.most == 3


async def test_who_gives_up_waiting_leaves_the_place_to_others():
    gate = Gate("p", Limit(concurrency=1))
    async with gate.slot():
        waiting = asyncio.create_task(gate.slot().__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    async with gate.slot():
        pass


async def test_no_more_submits_go_out_in_a_minute_than_allowed(monkeypatch):
    clock = Clock(monkeypatch)
    gate = Gate("p", Limit(requests_per_minute=2))
    sent = []
    for _ in range(5):
        await gate.turn()
        sent.append(clock.now)
        clock.now += 1
    assert sent == [1000, 1001, 1060, 1061, 1120]


async def test_a_retry_after_holds_back_every_submit(monkeypatch):
    clock = Clock(monkeypatch)
    gate = Gate("p", Limit(concurrency=9))
    gate.failed(ProviderError("429", error_code=ProviderErrorCode.RATE_LIMIT, retry_after=7))
    await gate.turn()
    assert clock.now == 1007


async def test_the_breaker_opens_says_so_and_lets_through_again(monkeypatch, caplog):
    clock = Clock(monkeypatch)
    gate = Gate("p", Limit(break_after=2, break_seconds=30))
    with caplog.at_level(logging.WARNING):
        gate.failed(UNWELL)
        await gate.turn()
        gate.failed(UNWELL)
    assert "p failed 2 times in a row and is left alone for 30 s" in caplog.text
    with pytest.raises(ProviderError, match="nothing is sent for 30 more seconds") as refused:
        await gate.turn()
    assert (refused.value.uncertain, refused.value.retry_after) == (False, 30)
    clock.now += 31
    await gate.turn()
    gate.succeeded()
    gate.failed(UNWELL)
    await gate.turn()


def test_a_run_that_times_out_while_a_step_waits_its_turn_has_bought_nothing(tmp_path):
    class Busy(BaseProvider):
        name = "busy-vendor"
        paid = True

        def __init__(self):
            super().__init__(retry_policy=RetryPolicy.disabled())

        def submit(self, step, config=None):
            raise ProviderError("429", error_code=ProviderErrorCode.RATE_LIMIT, retry_after=60)

        def poll(self, prediction_id, config=None):
            raise AssertionError

        fetch_output = poll

    plugins = PluginManager(config=Config(limits={"busy-vendor": Limit(concurrency=1)}))
    made = Pipeline("busy", output_dir=tmp_path, plugins=plugins).step(Busy(), model="m", prompt="p")
    made.run(raise_on_failure=False)
    with pytest.raises(PipelineTimeoutError) as ended:
        made.run(pipeline_timeout=0.05)
    assert ended.value.result.run.steps[0].status == "cancelled"
    assert ended.value.result.run.steps[0].attempts == []


@pytest.mark.slow
def test_waiting_for_a_limit_does_not_count_towards_a_steps_timeout(tmp_path):
    class Busy(BaseProvider):
        name = "held-back-vendor"
        poll_interval = 0.001

        def submit(self, step, config=None):
            return "job"

        def poll(self, prediction_id, config=None):
            return True

        def fetch_output(self, prediction_id, step):
            step.assets = [Asset(url="https://h/a.png", media_type="image/png", sha256="a" * 64)]
            return step

    config = Config(limits={"held-back-vendor": Limit()})
    gate_of("held-back-vendor", config).hold_back(4)
    began = time.monotonic()
    made = Pipeline("held", output_dir=tmp_path, plugins=PluginManager(config=config))
    assert made.step(Busy(), model="m", prompt="p").run(timeout=3).ok
    assert time.monotonic() - began > 3


def test_one_gate_for_each_provider_that_has_limits():
    configured = Config(limits={"p": Limit(concurrency=2)})
    assert gate_of("p", configured) is gate_of("p", configured)
    assert gate_of("q", configured) is OPEN


@pytest.mark.parametrize(
    ("text", "told"), [("concurency = 1", "unknown field `concurency`"), ("concurrency = 0", "at least 1")]
)
def test_a_limit_that_cannot_be_meant_is_refused(tmp_path, text, told):
    (tmp_path / "genblaze.toml").write_text(f"[limits.p]\n{text}\n")
    with pytest.raises(ConfigError, match=told):
        load_config(tmp_path, {})


def test_limits_can_stand_in_the_environment(tmp_path):
    variables = {"GENBLAZE_LIMITS": "p.concurrency=2, p.break_seconds=1.5, q.requests_per_minute=60"}
    configured = load_config(tmp_path, variables).limits
    assert configured == {"p": Limit(concurrency=2, break_seconds=1.5), "q": Limit(requests_per_minute=60)}
    with pytest.raises(ConfigError, match=r"GENBLAZE_LIMITS: .* such as openai-dalle.concurrency=2"):
        load_config(tmp_path, {"GENBLAZE_LIMITS": "p"})


# --- between processes -----------------------------------------------------------------------------------------------

OTHER = """
import asyncio, sys
from pathlib import Path
from genblaze.journal import SharedJournal

async def main():
    journal = SharedJournal(Path(sys.argv[1]))
    assert await journal.enter("p", 2) is not None
    assert await journal.turn("p", 3) == 0
    await asyncio.wrap_future(journal.pause("q", 100))
    print("ready", flush=True)

asyncio.run(main())
sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Another process that has a place and a turn at p, and lets nobody ask q."""
    command = [sys.executable, "-c", OTHER, str(tmp_path / "shared.db")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


async def test_places_are_shared_by_processes_and_freed_by_those_that_were_killed(other, tmp_path):
    journal = SharedJournal(tmp_path / "shared.db")
    mine = await journal.enter("p", 2)
    assert mine is not None
    assert await journal.enter("p", 2) is None
    assert await journal.enter("another", 2) is not None
    other.kill()
    other.wait()
    assert await journal.enter("p", 2) is not None
    assert await journal.enter("p", 2) is None
    await asyncio.wrap_future(journal.leave(mine))
    assert await journal.enter("p", 2) is not None


async def test_a_place_that_another_container_left_behind_is_free_when_it_gave_no_sign_of_life_for_long(tmp_path):
    journal = SharedJournal(tmp_path / "shared.db")
    for silent, free in ((60, False), (600, True)):
        values = ("p", "another-container 1 77", time.time() - silent)
        await journal.write(lambda c: c.execute("DELETE FROM places"))
        await journal.write(
            lambda c, v=values: c.execute("INSERT INTO places (provider, owner, seen) VALUES (?, ?, ?)", v)
        )
        assert (await journal.enter("p", 1) is not None) == free


async def test_who_gives_up_asking_for_a_shared_place_leaves_it_to_others(tmp_path):
    journal = SharedJournal(tmp_path / "shared.db")
    for _ in range(20):
        asking = asyncio.create_task(journal.enter("p", 1))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    assert await journal.enter("p", 1) is not None


async def test_a_process_that_has_a_place_gives_signs_of_life(tmp_path, monkeypatch):
    monkeypatch.setattr(owners, "BEAT_SEC", 0.02)
    journal = SharedJournal(tmp_path / "shared.db")
    place = await journal.enter("p", 1)
    seen, deadline = set(), time.monotonic() + 60
    while len(seen) < 3 and time.monotonic() < deadline:
        seen.add(await journal.write(lambda c: c.execute("SELECT seen FROM places").fetchone()[0]))
        await asyncio.sleep(0.01)
    assert len(seen) == 3
    await asyncio.wrap_future(journal.leave(place))
    assert journal.beat() is None


async def test_turns_and_pauses_are_shared_by_processes(other, tmp_path):
    journal = SharedJournal(tmp_path / "shared.db")
    assert [await journal.turn("p", 3) for _ in range(2)] == [0.0, 0.0]
    assert 0 < await journal.turn("p", 3) <= 60
    assert 0 < await journal.turn("q", None) <= 100
    assert await journal.turn("another", 1) == 0


async def test_a_gate_waits_for_a_place_that_another_process_has(other, tmp_path):
    gate = Gate("p", Limit(concurrency=1), SharedJournal(tmp_path / "shared.db"))
    entered = asyncio.create_task(gate.slot().__aenter__())
    await asyncio.sleep(0.3)
    assert not entered.done()
    other.kill()
    await asyncio.wait_for(entered, 60)


async def test_without_a_shared_file_each_process_keeps_its_own_limits(tmp_path, caplog):
    (tmp_path / "in the way").write_text("")
    settings = JournalSettings(shared=str(tmp_path / "in the way" / "journal.db"))
    gate = gate_of("alone", Config(limits={"alone": Limit(concurrency=2)}, journal=settings))
    async with gate.slot():
        await gate.turn()
    assert "Limits are kept by this process alone" in caplog.text


async def test_a_shared_file_that_breaks_leaves_the_process_its_own_limits(monkeypatch, tmp_path, caplog):
    clock = Clock(monkeypatch)
    (tmp_path / "shared.db").write_bytes(b"garbage" * 1000)
    gate = Gate("p", Limit(concurrency=1, requests_per_minute=1), SharedJournal(tmp_path / "shared.db"))
    async with gate.slot():
        await gate.turn()
        await gate.turn()
    assert clock.now == 1060
    assert caplog.text.count("kept by this process alone") == 1


def test_the_shared_file_lies_in_the_users_folder_for_state(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert open_shared(None).path == tmp_path / "genblaze" / "journal.db"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert open_shared(None).path == tmp_path / ".local" / "state" / "genblaze" / "journal.db"
    assert open_shared("~/mine.db").path == tmp_path / "mine.db"


def test_a_run_says_that_the_breaker_opened(tmp_path):
    class Unwell(BaseProvider):
        name = "unwell-vendor"

        def submit(self, step, config=None):
            raise UNWELL

        poll = fetch_output = submit

    config = Config(limits={"unwell-vendor": Limit(break_after=1)})
    made = Pipeline("u", output_dir=tmp_path, plugins=PluginManager(config=config))
    made.step(Unwell(retry_policy=RetryPolicy.disabled()), model="m", prompt="p")
    told = [event for event in made.stream() if event.type == "pipeline.warning"]
    assert [event.code for event in told] == ["breaker_open"]
    assert "unwell-vendor failed 1 times in a row and is left alone for 30 s" in told[0].message
