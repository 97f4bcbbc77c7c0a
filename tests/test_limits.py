"""Limits of a vendor hold for all pipelines of the process together."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from genblaze import Asset, BaseProvider, Pipeline, ProviderError, ProviderErrorCode, RetryPolicy, limits
from genblaze.config import Config, Limit, load_config
from genblaze.errors import ConfigError
from genblaze.limits import Gate, gate_of
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
            return True

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
        return made.run(max_concurrency=10).ok

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


def test_a_step_that_times_out_while_it_waits_its_turn_has_bought_nothing(tmp_path):
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
    step = made.run(timeout=0.05, raise_on_failure=False).run.steps[0]
    assert (step.error_code, step.error) == ("timeout", "Timed out after 0.05 s")


def test_one_gate_for_each_provider_that_has_limits():
    configured = {"p": Limit(concurrency=2)}
    assert gate_of("p", configured) is gate_of("p", configured)
    assert gate_of("q", configured) is not gate_of("q", configured)


@pytest.mark.parametrize(
    ("text", "told"), [("concurency = 1", "unknown field `concurency`"), ("concurrency = 0", "at least 1")]
)
def test_a_limit_that_cannot_be_meant_is_refused(tmp_path, text, told):
    (tmp_path / "genblaze.toml").write_text(f"[limits.p]\n{text}\n")
    with pytest.raises(ConfigError, match=told):
        load_config(tmp_path, {})
