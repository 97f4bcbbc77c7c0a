"""The budget stage of a step: money is set aside before the provider is asked, and settled afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from genblaze.driver import may_be_taken
from genblaze.errors import ProviderError
from genblaze.pipeline.recording import stated_price

if TYPE_CHECKING:
    from genblaze.budget import Budget
    from genblaze.driver import Driver
    from genblaze.jobs import Job
    from genblaze.pipeline.plan import Plan


def refuse_unknown_prices(plan: Plan, budget: Budget) -> None:
    """Look at every step's price before the first one is paid; those of registered plugins are asked at their turn.

    Raises:
        BudgetError: One is not known, and the budget does not allow that.
    """
    for step in plan.steps:
        first = step.candidates[0]
        if first.provider is not None:
            known = stated_price(getattr(first.provider, "estimate_cost", None), first.model, first.params)
            budget.check_known(known, f"{step.label}: {first.name}/{first.model}")


def spending(
    budget: Budget | None, driver: Driver, job: Job, what: str
) -> AbstractContextManager[Callable[[float | None], None]]:
    """Set money aside while a driver works; gives what is told the price of the result.

    A failure gives it back only where the vendor certainly took nothing. A job that was bought by an earlier process
    is counted, never refused.

    Raises:
        BudgetError: There is not enough left.
    """
    return _NO_BUDGET if budget is None else _reserving(budget, driver, job, what)


_NO_BUDGET: nullcontext[Callable[[float | None], None]] = nullcontext(lambda _: None)


@contextmanager
def _reserving(budget: Budget, driver: Driver, job: Job, what: str) -> Iterator[Callable[[float | None], None]]:
    estimate = stated_price(getattr(job, "estimate_cost", None))
    reservation = budget.bought(estimate) if driver.job_id is not None else budget.reserve(estimate, what)
    try:
        yield reservation.settle
    except ProviderError as error:
        if driver.job_id is None and not may_be_taken(error):
            reservation.release()
        raise
    finally:
        reservation.settle(None)
