"""The budget of the day: what all processes of a machine spend together until midnight, UTC."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from sample_pipelines import Shop

from genblaze import (
    BudgetError,
    Pipeline,
    PipelineError,
    ProviderError,
    ProviderErrorCode,
)
from genblaze.config import BudgetSettings, Config, JournalSettings, load_config
from genblaze.errors import ConfigError, JournalError
from genblaze.journal import SharedJournal
from genblaze.pipeline import daily
from genblaze.pipeline.daily import DayBudget
from genblaze.plugins import PluginManager


class DayShop(Shop):
    name = "day-shop"


@pytest.fixture(autouse=True)
def no_midnight(monkeypatch):
    """The day on which a test began lasts until its end."""
    day = daily.today()
    monkeypatch.setattr(daily, "today", lambda: day)


@pytest.fixture
def with_budget(tmp_path):
    """Makes a pipeline of a shop, under a budget of the day that all of a test share."""

    def make(shop, per_day, number=1, **settings):
        config = Config(
            budget=BudgetSettings(per_day_usd=per_day, **settings),
            journal=JournalSettings(shared=str(tmp_path / "shared.db")),
        )
        made = Pipeline("daily", output_dir=tmp_path, plugins=PluginManager(config=config))
        for index in range(number):
            made.step(shop, model="m", prompt=f"p{index}")
        return made

    return make


def submitted(shop, made, **options):
    before = shop.submits
    made.run(fail_fast=False, raise_on_failure=False, **options)
    return shop.submits - before


@pytest.mark.parametrize("concurrency", [1, 5])
def test_runs_share_the_budget_of_the_day(with_budget, concurrency):
    shop = DayShop()
    assert submitted(shop, with_budget(shop, 4, 3), max_concurrency=concurrency) == 3
    result = with_budget(shop, 4, 3).run(max_concurrency=concurrency, fail_fast=False, raise_on_failure=False)
    assert shop.submits == 4
    assert "would cost $1, but $0 of the day's $4 are left (budget.per_day_usd" in result.error_summary()


def test_what_a_result_really_cost_counts(with_budget):
    shop = DayShop(cost=0.25)
    assert submitted(shop, with_budget(shop, 2, 5)) == 5
    assert submitted(shop, with_budget(shop, 2)) == 0


def test_a_cost_that_is_no_amount_leaves_the_result_and_the_estimate(with_budget):
    shop = DayShop(cost=float("nan"))
    assert with_budget(shop, 1).run().ok
    assert submitted(shop, with_budget(shop, 1)) == 0


def test_a_refused_request_gives_its_money_back_and_a_lost_one_does_not(with_budget):
    refused = ProviderError("no such model", error_code=ProviderErrorCode.MODEL_ERROR)
    lost = ProviderError("reset", error_code=ProviderErrorCode.UNKNOWN)
    shop = DayShop(failures=[refused, lost])
    assert [submitted(shop, with_budget(shop, 1)) for _ in range(3)] == [1, 1, 0]


def test_an_unknown_price_is_refused_before_anything_is_bought_unless_allowed(with_budget):
    shop = DayShop(estimate=None, cost=3.0)
    with pytest.raises(BudgetError, match=r"step 0: day-shop does not say .* budget\.allow_unknown"):
        with_budget(shop, 5).run()
    assert shop.submits == 0
    assert [submitted(shop, with_budget(shop, 5, allow_unknown=True)) for _ in range(3)] == [1, 1, 0]


def test_who_costs_nothing_needs_no_price(with_budget):
    free = DayShop(estimate=None, cost=None)
    free.paid = False
    assert with_budget(free, 0).run().ok


def test_tomorrow_has_a_budget_of_its_own(with_budget, monkeypatch):
    shop = DayShop()
    assert [submitted(shop, with_budget(shop, 1)) for _ in range(2)] == [1, 0]
    monkeypatch.setattr(daily, "today", lambda: "2999-01-01")
    assert [submitted(shop, with_budget(shop, 1)) for _ in range(2)] == [1, 0]


def test_what_was_bought_before_a_run_is_resumed_counts_once_and_is_collected_in_any_case(with_budget):
    dying = DayShop(cost=ProviderError("the line broke", error_code=ProviderErrorCode.SERVER_ERROR))
    with pytest.raises(PipelineError) as failed:
        with_budget(dying, 2).run()
    shop = DayShop(cost=0.5)
    assert with_budget(shop, 2).resume(failed.value.result.run.run_id).ok
    assert shop.submits == 0
    assert [submitted(shop, with_budget(shop, 2)) for _ in range(3)] == [1, 1, 0]


def test_without_its_file_a_budget_cannot_be_kept_and_nothing_is_bought(with_budget, tmp_path):
    (tmp_path / "shared.db").mkdir()
    shop = DayShop()
    with pytest.raises(JournalError, match="GENBLAZE_SHARED_JOURNAL"):
        with_budget(shop, 5).run()
    assert shop.submits == 0


async def test_who_gives_up_asking_leaves_the_money_to_others(tmp_path):
    budget = DayBudget(SharedJournal(tmp_path / "shared.db"), 1, allow_unknown=False)
    for number in range(20):
        asking = asyncio.create_task(budget.reserve(f"given up {number}", 1, "p/m", known=False, bought=False))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    assert await budget.reserve("meant", 1, "p/m", known=False, bought=False) == 10**9


SPENDER = """
import asyncio, sys
from pathlib import Path
from genblaze.errors import BudgetError
from genblaze.journal import SharedJournal
from genblaze.pipeline.daily import DayBudget

async def main():
    budget, bought = DayBudget(SharedJournal(Path(sys.argv[1])), 15, allow_unknown=False), 0
    sys.stdin.readline()
    for number in range(10):
        try:
            await budget.reserve(f"{sys.argv[2]}-{number}", 1, "p/m", known=False, bought=False)
            bought += 1
        except BudgetError:
            pass
    print(bought, flush=True)
    sys.stdin.readline()

asyncio.run(main())
"""


@pytest.mark.slow
def test_processes_spend_no_more_than_the_budget_together_and_what_the_killed_set_aside_counts(tmp_path):
    command = [sys.executable, "-c", SPENDER, str(tmp_path / "shared.db")]
    spenders = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for name in "abc"
    ]
    for spender in spenders:
        spender.stdin.write("\n")
        spender.stdin.flush()
    assert sum(int(spender.stdout.readline()) for spender in spenders) == 15
    for spender in spenders:
        spender.kill()
        spender.communicate()
    budget = DayBudget(SharedJournal(tmp_path / "shared.db"), 15, allow_unknown=False)
    with pytest.raises(BudgetError, match=r"\$0 of the day's \$15"):
        asyncio.run(budget.reserve("another", 1, "p/m", known=False, bought=False))


def test_the_budget_of_the_day_is_a_setting(tmp_path):
    variables = {"GENBLAZE_BUDGET_PER_DAY_USD": "12.5", "GENBLAZE_BUDGET_ALLOW_UNKNOWN": "1"}
    assert load_config(tmp_path, variables).budget == BudgetSettings(per_day_usd=12.5, allow_unknown=True)
    with pytest.raises(ConfigError, match="GENBLAZE_BUDGET_PER_DAY_USD"):
        load_config(tmp_path, {"GENBLAZE_BUDGET_PER_DAY_USD": "a lot"})
    (tmp_path / "genblaze.toml").write_text("[budget]\nper_day_usd = -1\n")
    with pytest.raises(ConfigError, match="finite and not negative"):
        load_config(tmp_path, {})
