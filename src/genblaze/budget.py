"""Budgets: money is reserved before a request is sent, and settled when its price is known."""

from __future__ import annotations

import math
import threading
from decimal import Decimal
from typing import Any

from genblaze.errors import BudgetError, InvalidValueError

__all__ = ["Budget", "Reservation"]


class Budget:
    """An amount of US dollars that runs may spend, shared by all that are given the same object.

    ```python
    budget = Budget(5.00)
    first.run(max_cost_usd=budget)
    second.batch_run(prompts, max_cost_usd=budget)
    print(budget.spent_usd)
    ```

    Args:
        limit_usd: The amount.
        allow_unknown: Let providers work whose price is not known beforehand. What they then say it was counts.

    Raises:
        InvalidValueError: The limit is no amount of money.
    """

    def __init__(self, limit_usd: float | Decimal, *, allow_unknown: bool = False) -> None:
        if isinstance(limit_usd, bool) or not isinstance(limit_usd, int | float | Decimal):
            msg = f"max_cost_usd={limit_usd!r}: must be a number of US dollars, or a Budget"
            raise InvalidValueError(msg)
        if not (math.isfinite(limit_usd) and limit_usd >= 0):
            msg = f"max_cost_usd={limit_usd}: must be finite and not negative"
            raise InvalidValueError(msg)
        self.limit = _dollars(limit_usd)
        self.allow_unknown = allow_unknown
        self._spent = Decimal(0)
        self._reserved = Decimal(0)
        self._lock = threading.Lock()

    @classmethod
    def of(cls, value: Budget | float | Decimal) -> Budget:
        """The budget itself, or one of that amount."""
        return value if isinstance(value, Budget) else cls(value)

    @property
    def spent_usd(self) -> float:
        """What was spent, or may have been: requests whose outcome is not known count."""
        return float(self._spent)

    @property
    def left_usd(self) -> float:
        """What may still be spent; less than 0 when prices turned out higher than estimated."""
        return float(self.limit - self._spent - self._reserved)

    def reserve(self, estimate: float | Decimal | None, what: str) -> Reservation:
        """Set money aside for one request.

        Args:
            estimate: Its price, or None where it is not known.
            what: Who asks, for messages.

        Raises:
            BudgetError: There is not enough left, or the price is not known and that is not allowed.
        """
        self.check_known(estimate, what)
        amount = _dollars(estimate or 0)
        with self._lock:
            left = self.limit - self._spent - self._reserved
            if amount > left or (estimate is None and left <= 0):
                cost = "an unknown amount" if estimate is None else f"${amount}"
                msg = f"{what} would cost {cost}, but ${left} of ${self.limit} are left; raise max_cost_usd to go on"
                raise BudgetError(msg)
            self._reserved += amount
        return Reservation(self, amount)

    def check_known(self, estimate: Any, what: str) -> None:
        """Refuse a price that is not known.

        Raises:
            BudgetError: It is not, and that is not allowed.
        """
        if estimate is None and not self.allow_unknown:
            msg = (
                f"{what} does not say beforehand what it costs, so max_cost_usd cannot be kept. Let its estimate_cost "
                "tell (0 where it is free), or pass max_cost_usd=Budget(…, allow_unknown=True)"
            )
            raise BudgetError(msg)

    def bought(self, estimate: float | Decimal | None) -> Reservation:
        """Set money aside for what was bought already, whether there is enough or not."""
        amount = _dollars(estimate or 0)
        with self._lock:
            self._reserved += amount
        return Reservation(self, amount)

    def spend(self, cost: float | Decimal | None) -> None:
        """Count what was bought and finished already."""
        with self._lock:
            self._spent += _dollars(cost or 0)

    def _close(self, reserved: Decimal, cost: Decimal) -> None:
        with self._lock:
            self._reserved -= reserved
            self._spent += cost


class Reservation:
    """Money set aside for one request. The first of `settle` and `release` counts."""

    def __init__(self, budget: Budget, amount: Decimal) -> None:
        self._budget: Budget | None = budget
        self._amount = amount

    def settle(self, cost: float | None) -> None:
        """Count what it cost; where nobody says, what was set aside."""
        self._close(self._amount if cost is None else _dollars(cost))

    def release(self) -> None:
        """Give the money back: nothing was bought."""
        self._close(Decimal(0))

    def _close(self, cost: Decimal) -> None:
        budget, self._budget = self._budget, None
        if budget is not None:
            budget._close(self._amount, cost)


def _dollars(amount: float | Decimal) -> Decimal:
    return amount if isinstance(amount, Decimal) else Decimal(str(amount))
