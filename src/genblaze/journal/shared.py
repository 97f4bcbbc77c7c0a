"""What the processes of a machine share of their vendors: places, turns, pauses, and the money of the day."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from time import time
from typing import Any

from genblaze.journal import spending
from genblaze.journal.file import Journal, opened
from genblaze.journal.owners import is_alive, owner_of_this_process
from genblaze.journal.writer import Change

_MINUTE = 60.0


class SharedJournal(Journal):
    """A journal for all processes of a machine, whatever their output folders.

    Its commits outlive the process, but perhaps not a loss of power: nothing in it is needed to collect a purchase.
    """

    synchronous = "NORMAL"
    advice = (
        "It holds what the processes of this machine share: limits, and the budget of the day. Free some space, fix "
        "its permissions, or let journal.shared (GENBLAZE_SHARED_JOURNAL) name a file that can be written"
    )

    def __init__(self, path: Path) -> None:
        """As for every journal."""
        super().__init__(path)
        self._places: set[int] = set()

    def beat(self) -> Change | None:
        """The sign of life of this process, while it has a place."""
        if not self._places:
            return None
        me, now = owner_of_this_process(), time()
        return lambda connection: connection.execute("UPDATE places SET seen = ? WHERE owner = ?", (now, me))

    async def enter(self, provider: str, most: int) -> int | None:
        """Take one of `most` places at a provider: its number, or None when all are taken by living processes.

        Raises:
            JournalError: The file cannot be written.
        """
        me = owner_of_this_process()

        def write(connection: sqlite3.Connection) -> int | None:
            taken = connection.execute("SELECT id, owner, seen FROM places WHERE provider = ?", (provider,)).fetchall()
            if len(taken) >= most:
                dead = [(place,) for place, owner, seen in taken if not is_alive(owner, seen)]
                connection.executemany("DELETE FROM places WHERE id = ?", dead)
                if len(taken) - len(dead) >= most:
                    return None
            place = connection.execute(
                "INSERT INTO places (provider, owner, seen) VALUES (?, ?, ?)", (provider, me, time())
            ).lastrowid
            assert place is not None  # noqa: S101 - a row was inserted
            self._places.add(place)
            return place

        def give_back(connection: sqlite3.Connection, place: int | None) -> None:
            if place is not None:
                self._places.discard(place)
                connection.execute("DELETE FROM places WHERE id = ? AND owner = ?", (place, me))

        return await self.write(write, give_back)  # type: ignore[no-any-return]  # what `write` returns

    def leave(self, place: int) -> Future[Any]:
        """Give a place back, from any thread; nobody needs to wait for it."""
        self._places.discard(place)
        return self.change(lambda connection: connection.execute("DELETE FROM places WHERE id = ?", (place,)))

    async def turn(self, provider: str, per_minute: int | None) -> float:
        """Take one of `per_minute` turns in any 60 seconds: 0.0, or the seconds until there may be one.

        Raises:
            JournalError: The file cannot be written.
        """

        def write(connection: sqlite3.Connection) -> float:
            now = time()
            pause = connection.execute("SELECT until FROM pauses WHERE provider = ?", (provider,)).fetchone()
            if pause is not None and pause[0] - now > 0:
                return float(pause[0] - now)
            return 0.0 if per_minute is None else _take_turn(connection, provider, per_minute, now)

        return await self.write(write)  # type: ignore[no-any-return]  # what `write` returns

    def pause(self, provider: str, seconds: float) -> Future[Any]:
        """Let nobody have a turn for so long, from any thread; a longer pause stays."""
        until = time() + seconds
        return self.change(
            lambda connection: connection.execute(
                "INSERT INTO pauses VALUES (?, ?) ON CONFLICT (provider) DO UPDATE "
                "SET until = max(until, excluded.until)",
                (provider, until),
            )
        )

    async def reserve(
        self, purchase: str, day: str, amount: int, limit: int | None, *, known: bool, whole: bool
    ) -> int | None:
        """Count a purchase towards what a day may cost.

        Args:
            purchase: Its identity.
            day: The day, such as `2026-11-25`.
            amount: What it costs.
            limit: What the day may cost; None takes whatever it costs.
            known: One that was counted before is the same one.
            whole: The amount is the price; otherwise the price is not known, and something must be left.

        Returns:
            None, or what is left of the day where that is not enough; nothing is counted then.

        Raises:
            JournalError: The file cannot be written.
        """

        def give_back(connection: sqlite3.Connection, left: int | None) -> None:
            if left is None and not known:
                spending.settle(connection, purchase, amount, 0)

        left: int | None = await self.write(
            lambda connection: spending.reserve(connection, purchase, day, amount, limit, known=known, whole=whole),
            give_back,
        )
        return left

    def settle(self, purchase: str, reserved: int, cost: int) -> Future[Any]:
        """Correct what a purchase counts for, from any thread."""
        return self.change(lambda connection: spending.settle(connection, purchase, reserved, cost))


def _take_turn(connection: sqlite3.Connection, provider: str, per_minute: int, now: float) -> float:
    """Note a turn that may be taken now, or tell how long to wait; turns of a clock that was set back do not count."""
    connection.execute(
        "DELETE FROM turns WHERE provider = ? AND (at <= ? OR at > ?)", (provider, now - _MINUTE, now + _MINUTE)
    )
    taken = connection.execute(
        "SELECT at FROM turns WHERE provider = ? ORDER BY at DESC LIMIT 1 OFFSET ?", (provider, per_minute - 1)
    ).fetchone()
    if taken is not None:
        return float(taken[0] + _MINUTE - now)
    connection.execute("INSERT INTO turns VALUES (?, ?)", (provider, now))
    return 0.0


def open_shared(path: str | None) -> SharedJournal:
    """The shared journal at a path that the settings give, else in the user's folder for state.

    Raises:
        JournalError: As `Journal.check` does.
    """
    return opened(SharedJournal, shared_path(path))


def shared_path(given: str | None, environ: Mapping[str, str] | None = None) -> Path:
    """Where the shared journal is: as the settings say, else in the user's folder for state."""
    if given is not None:
        return Path(given).expanduser()
    variables = os.environ if environ is None else environ
    base = variables.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "genblaze" / "journal.db"
