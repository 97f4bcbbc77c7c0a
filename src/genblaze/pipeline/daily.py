"""The budget of the day: what all processes of a machine together may spend until midnight, UTC."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from genblaze.driver import may_be_taken
from genblaze.errors import BudgetError, JournalError, ProviderError
from genblaze.journal import SharedJournal, open_shared
from genblaze.pipeline.recording import stated_price

if TYPE_CHECKING:
    from concurrent.futures import Future
    from typing import Any

    from genblaze.config import Config
    from genblaze.driver import Driver
    from genblaze.jobs import Job
    from genblaze.pipeline.plan import Plan

logger = logging.getLogger("genblaze.pipeline")

#: Prices are kept as whole numbers, so that sums are exact.
_NANO = 1_000_000_000


class DayBudget:
    """An amount of US dollars that may be spent in one day.

    Args:
        journal: Where the processes of the machine write down what they spend.
        limit_usd: The amount.
        allow_unknown: Let paid providers work whose price is not known beforehand.
    """

    def __init__(self, journal: SharedJournal, limit_usd: float, *, allow_unknown: bool) -> None:
        self._journal = journal
        self._limit = _nano(limit_usd)
        self._allow_unknown = allow_unknown

    def check_known(self, estimate: Any, what: str) -> None:
        """Refuse a price of a paid request that is not known.

        Raises:
            BudgetError: It is not, and that is not allowed.
        """
        if estimate is None and not self._allow_unknown:
            msg = (
                f"{what} does not say beforehand what it costs, so budget.per_day_usd cannot be kept. Let its "
                "estimate_cost tell (0 where it is free), or set budget.allow_unknown"
            )
            raise BudgetError(msg)

    async def reserve(self, purchase: str, price: Any, what: str, *, known: bool, bought: bool) -> int:
        """Set money aside for a purchase; returns how much, in billionths of a dollar.

        Args:
            purchase: Its identity, which outlives the process.
            price: What it would cost in US dollars, or None.
            what: Who asks, for messages.
            known: The vendor recognises it when it is made again, so it counts once.
            bought: It was bought already: it counts whether there is enough left or not.

        Raises:
            BudgetError: There is not enough left today.
            JournalError: It could not be written down.
        """
        amount = _nano(price or 0)
        left = await self._journal.reserve(
            purchase, today(), amount, None if bought else self._limit, known=known, whole=price is not None
        )
        if left is None:
            return amount
        cost = "an unknown amount" if price is None else f"${_dollars(amount)}"
        msg = (
            f"{what} would cost {cost}, but ${_dollars(left)} of the day's ${_dollars(self._limit)} are left "
            "(budget.per_day_usd, for all processes of this machine, until midnight UTC)"
        )
        raise BudgetError(msg)

    def settle(self, purchase: str, reserved: int, cost: Any) -> Future[Any]:
        """Put what a purchase really cost in the place of what was set aside; without waiting, from any thread."""
        return self._journal.settle(purchase, reserved, _nano(cost))


def day_budget(config: Config) -> DayBudget | None:
    """The budget of the day that the settings ask for.

    Raises:
        JournalError: The file that the processes share cannot be written.
    """
    settings = config.budget
    if settings.per_day_usd is None:
        return None
    return DayBudget(open_shared(config.journal.shared), settings.per_day_usd, allow_unknown=settings.allow_unknown)


def refuse_unknown_prices_today(plan: Plan, budget: DayBudget) -> None:
    """Look at the price of every paid step before the first one is paid.

    Raises:
        BudgetError: One is not known, and the budget does not allow that.
    """
    for step in plan.steps:
        first = step.candidates[0]
        if first.paid and first.provider is not None:
            known = stated_price(getattr(first.provider, "estimate_cost", None), first.model, first.params)
            budget.check_known(known, f"{step.label}: {first.name}")


_NO_BUDGET: nullcontext[Callable[[float | None], None]] = nullcontext(lambda _: None)


def spending_today(
    budget: DayBudget | None, driver: Driver, job: Job, what: str, purchase: str
) -> AbstractAsyncContextManager[Callable[[float | None], None]]:
    """Set the day's money aside while a driver works, as `spending` does for the budget of a call.

    What a process that died has set aside counts as spent, until its run is resumed.

    Raises:
        BudgetError: There is not enough left, or the price is not known.
        JournalError: It could not be written down; nothing is bought.
    """
    return _NO_BUDGET if budget is None else _reserving(budget, driver, job, what, purchase)


@asynccontextmanager
async def _reserving(
    budget: DayBudget, driver: Driver, job: Job, what: str, purchase: str
) -> AsyncIterator[Callable[[float | None], None]]:
    estimate = stated_price(getattr(job, "estimate_cost", None))
    bought = driver.job_id is not None
    if not getattr(job, "paid", False):
        estimate = estimate or 0.0
    elif not bought:
        budget.check_known(estimate, what)
    known = bought or bool(getattr(job, "idempotent", False))
    reserved = await budget.reserve(purchase, estimate, what, known=known, bought=bought)
    written: list[Future[Any]] = []

    def settle(cost: float | None) -> None:
        if cost is not None and not written:
            written.append(budget.settle(purchase, reserved, cost))

    try:
        yield settle
    except BaseException as error:
        taken = may_be_taken(error) if isinstance(error, ProviderError) else driver.submitting
        if driver.job_id is None and not taken:
            settle(0)
        raise
    try:
        for each in written:
            await asyncio.wrap_future(each)
    except JournalError as error:  # the result is there; what was set aside counts
        logger.warning("What %s cost could not be noted: %s", what, error)


def today() -> str:
    """The date in UTC."""
    return datetime.now(UTC).date().isoformat()


def _nano(amount: Any) -> int:
    return math.ceil(Decimal(str(amount)) * _NANO)


def _dollars(nano: int) -> Decimal:
    return (Decimal(nano) / _NANO).normalize() + 0
