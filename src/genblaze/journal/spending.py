"""What the processes of a machine spend in a day: set aside before it is spent, and corrected afterwards."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta

_KEPT_DAYS = 31


def reserve(
    connection: sqlite3.Connection,
    purchase: str,
    day: str,
    amount: int,
    limit: int | None,
    *,
    known: bool,
    whole: bool,
) -> int | None:
    """Count a purchase; see `SharedJournal.reserve`."""
    counted = connection.execute("SELECT 1 FROM spending WHERE purchase = ?", (purchase,)).fetchone()
    if counted is not None and known:
        connection.execute("UPDATE spending SET amount = ? WHERE purchase = ?", (amount, purchase))
        return None
    if limit is not None:
        (spent,) = connection.execute("SELECT coalesce(sum(amount), 0) FROM spending WHERE day = ?", (day,)).fetchone()
        if spent + amount > limit or (not whole and spent >= limit):
            return int(limit - spent)
    oldest = (date.fromisoformat(day) - timedelta(days=_KEPT_DAYS)).isoformat()
    connection.execute("DELETE FROM spending WHERE day < ?", (oldest,))
    connection.execute(
        "INSERT INTO spending VALUES (?, ?, ?) ON CONFLICT (purchase) DO UPDATE "
        "SET day = excluded.day, amount = amount + excluded.amount",
        (purchase, day, amount),
    )
    return None


def settle(connection: sqlite3.Connection, purchase: str, reserved: int, cost: int) -> None:
    """Put what a purchase cost in the place of what was set aside for it."""
    connection.execute("UPDATE spending SET amount = amount - ? + ? WHERE purchase = ?", (reserved, cost, purchase))
