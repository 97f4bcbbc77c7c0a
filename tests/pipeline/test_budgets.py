"""A budget is never overdrawn: the price is set aside before a request is sent, and settled afterwards."""

from __future__ import annotations

import pytest
from sample_pipelines import Shop

from genblaze import (
    AgentLoop,
    Budget,
    BudgetError,
    CallableEvaluator,
    InvalidValueError,
    Pipeline,
    ProviderError,
    ProviderErrorCode,
    SyncProvider,
)

REFUSED = ProviderError("no such model", error_code=ProviderErrorCode.MODEL_ERROR)
LOST = ProviderError("reset", error_code=ProviderErrorCode.UNKNOWN)


def steps(shop, folder, number=3, **options):
    made = Pipeline("spending", output_dir=folder, **options)
    for index in range(number):
        made.step(shop, model="m", prompt=f"p{index}")
    return made


@pytest.mark.parametrize("concurrency", [1, 3])
def test_no_request_is_sent_for_which_there_is_no_money_left(tmp_path, concurrency):
    shop = Shop()
    result = steps(shop, tmp_path).run(
        max_cost_usd=2.5, max_concurrency=concurrency, fail_fast=False, raise_on_failure=False
    )
    assert shop.submits == 2
    assert "$0.5 of $2.5 are left" in result.error_summary().replace("0.50", "0.5")
    assert [step.status for step in result.run.steps].count("succeeded") == 2


def test_what_a_result_really_cost_counts(tmp_path):
    shop, budget = Shop(cost=0.25), Budget(1.5)
    assert steps(shop, tmp_path).run(max_cost_usd=budget).ok
    assert (budget.spent_usd, budget.left_usd) == (0.75, 0.75)


def test_without_a_stated_price_the_estimate_counts(tmp_path):
    budget = Budget(5)
    steps(Shop(cost=None), tmp_path).run(max_cost_usd=budget)
    assert budget.spent_usd == 3


def test_an_unknown_price_is_refused_before_anything_is_bought(tmp_path):
    known, unknown = Shop(), Shop(estimate=None)
    made = steps(known, tmp_path, 1).step(unknown, model="m", prompt="p")
    with pytest.raises(BudgetError, match=r"step 1: shop/m does not say .* allow_unknown=True"):
        made.run(max_cost_usd=10)
    assert known.submits == 0
    budget = Budget(10, allow_unknown=True)
    assert made.run(max_cost_usd=budget).ok
    assert budget.spent_usd == 2


@pytest.mark.parametrize("estimate", [-1.0, float("nan"), float("inf")])
def test_an_estimate_that_is_no_amount_counts_as_unknown(tmp_path, estimate):
    shop = Shop(estimate=estimate)
    with pytest.raises(BudgetError, match="does not say beforehand"):
        steps(shop, tmp_path, 1).run(max_cost_usd=10)
    assert shop.submits == 0


def test_a_provider_that_knows_nothing_of_prices_is_refused_too(tmp_path):
    class Plain(SyncProvider):
        name = "plain"

        def generate(self, step, config=None):
            raise AssertionError

    with pytest.raises(BudgetError, match="0 where it is free"):
        Pipeline("plain", output_dir=tmp_path).step(Plain(), model="m", prompt="p").run(max_cost_usd=1)


def test_a_refused_request_gives_its_money_back_and_a_lost_one_does_not(tmp_path):
    budget = Budget(5)
    for failure in (REFUSED, LOST):
        steps(Shop(failures=[failure]), tmp_path, 1).run(max_cost_usd=budget, raise_on_failure=False)
    assert (budget.spent_usd, budget.left_usd) == (1, 4)


def test_a_batch_shares_one_budget(tmp_path):
    shop = Shop()
    made = Pipeline("many", output_dir=tmp_path).step(shop, model="m", prompt="{prompt}")
    results = made.batch_run([f"p{index}" for index in range(10)], max_cost_usd=4)
    assert shop.submits == 4
    assert sum(result.ok for result in results) == 4


def test_an_agent_loop_shares_one_budget(tmp_path):
    shop = Shop()
    never = CallableEvaluator(lambda result: False)
    AgentLoop(lambda context: steps(shop, tmp_path, 1), never, max_iterations=5).run(max_cost_usd=2)
    assert shop.submits == 2


def test_what_was_bought_before_a_run_is_resumed_counts(tmp_path):
    shop = Shop()
    first = steps(shop, tmp_path, 2).run()
    budget = Budget(1.0)
    assert steps(shop, tmp_path, 2).resume(first.run.run_id, max_cost_usd=budget).ok
    assert (shop.submits, budget.spent_usd, budget.left_usd) == (2, 2.0, -1.0)


def test_a_run_whose_budget_was_refused_can_be_resumed_with_another(tmp_path):
    first = steps(Shop(), tmp_path).run()
    unknown = steps(Shop(estimate=None), tmp_path)
    with pytest.raises(BudgetError):
        unknown.resume(first.run.run_id, max_cost_usd=1)
    assert unknown.resume(first.run.run_id).ok


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), True, "5"])
def test_what_is_no_amount_of_money_is_refused(tmp_path, value):
    with pytest.raises(InvalidValueError, match="max_cost_usd"):
        steps(Shop(), tmp_path).run(max_cost_usd=value)
