"""One journal file: what happens to runs and their paid steps is written, and what is known of them is read."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from time import time
from typing import Any, ClassVar, TypeVar

import msgspec

from genblaze.errors import JournalError, RunTakenError
from genblaze.journal.owners import is_alive, owner_of_this_process
from genblaze.journal.records import Entry, RunRecord
from genblaze.journal.schema import connect, open_file
from genblaze.journal.writer import Change, Writer

#: Runs that are forgotten in one transaction.
FORGOTTEN_AT_ONCE = 1000


class Journal:
    """One journal file.

    Writing methods are awaited and return when the change is on disk. Reading methods are quick and block.

    Attributes:
        synchronous: How far SQLite goes before a commit returns.
        advice: What to do when the file cannot be used.
    """

    synchronous: ClassVar[str] = "FULL"
    advice: ClassVar[str] = (
        "It protects paid work from being bought twice; free some space, fix its permissions, move a damaged file "
        "away, choose another output_dir, or go on without protection: journal_required=False, or journal=False for "
        "no journal at all"
    )

    def __init__(self, path: Path) -> None:
        """The journal at `path`, which is opened, or made, when it is needed; see `open_journal`."""
        self.path = path
        self._sound = False
        self._writer = Writer(self._open, lambda error: self._failure("written", error), self.beat)
        self._working: set[str] = set()  # runs of this process

    def check(self) -> None:
        """Open or make the file, unless that was done before.

        Raises:
            JournalError: It cannot be made, opened or written, is damaged, or is no journal.
        """
        if self._sound:
            return
        try:
            self._open().close()
        except (sqlite3.Error, OSError) as error:
            failure = self._failure("opened", error)
            raise failure from error
        self._sound = True

    @property
    def vanished(self) -> bool:
        """Whether somebody removed the file."""
        return self._sound and not self.path.exists()

    # --- what happens to a run -----------------------------------------------------------------------------------

    async def begin(self, run_id: str, name: str | None, output_dir: Path, template: bytes | None) -> None:
        """Note a run and make this process its owner.

        Raises:
            RunTakenError: Another process that is alive, or another call in this one, works on it.
            JournalError: The journal cannot be written.
        """
        me, now = owner_of_this_process(), time()

        def write(connection: sqlite3.Connection) -> None:
            _refuse_taken(connection, run_id, me)
            if run_id in self._working:
                msg = f"Run {run_id} is being worked on by this process already; wait until it has ended"
                raise RunTakenError(msg)
            self._working.add(run_id)
            connection.execute(
                "INSERT INTO runs VALUES (?, ?, ?, ?, 'running', ?, ?, ?) ON CONFLICT (run_id) DO UPDATE "
                "SET changed = excluded.changed, status = 'running', owner = excluded.owner",
                (run_id, name, now, now, me, str(output_dir.absolute()), template),
            )

        def give_back(connection: sqlite3.Connection, _: None) -> None:
            self._working.discard(run_id)
            connection.execute("UPDATE runs SET owner = NULL WHERE run_id = ? AND owner = ?", (run_id, me))

        try:
            await self.write(write, give_back)
        except RunTakenError:
            raise
        except JournalError:
            self._working.discard(run_id)  # it was not begun after all
            raise

    async def expect(self, records: Sequence[RunRecord]) -> None:
        """Note the runs of a batch before the first one begins, so that a dead process leaves word of those to come.

        Raises:
            RunTakenError: Another process that is alive works on one of them.
        """
        rows = [msgspec.structs.astuple(record) for record in records]
        me = owner_of_this_process()

        def write(connection: sqlite3.Connection) -> None:
            for record in records:
                _refuse_taken(connection, record.run_id, me)
            connection.executemany(
                "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run_id) DO UPDATE SET "
                "owner = excluded.owner WHERE status IN ('waiting', 'running')",
                rows,
            )

        await self.write(write)

    async def give_up(self, run_ids: Sequence[str]) -> None:
        """Note which runs of a batch will not begin after all."""
        rows = [(time(), run_id) for run_id in run_ids]
        await self.write(
            lambda connection: connection.executemany(
                "UPDATE runs SET status = 'cancelled', owner = NULL, changed = ? "
                "WHERE run_id = ? AND status = 'waiting'",
                rows,
            )
        )

    async def end(self, run_id: str, status: str) -> None:
        """Note how a run ended, and give it up."""
        now = time()
        try:
            await self.write(
                lambda connection: connection.execute(
                    "UPDATE runs SET status = ?, owner = NULL, changed = ? WHERE run_id = ?", (status, now, run_id)
                )
            )
        finally:
            self._working.discard(run_id)

    async def note(self, entry: Entry) -> None:
        """Keep the newest state of a step."""
        await asyncio.wrap_future(self.put(entry))

    def put(self, entry: Entry) -> Future[None]:
        """`note` for any thread, without waiting; the future is done when the entry is on disk.

        A job id that comes late does not undo a result.
        """
        row = (*msgspec.structs.astuple(entry), time())
        return self.change(
            lambda connection: connection.execute(
                "INSERT INTO entries (run_id, step_index, request, state, provider, model, step_id, job_id, step, "
                "changed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run_id, step_index) DO UPDATE SET "
                "request = excluded.request, state = excluded.state, provider = excluded.provider, "
                "model = excluded.model, step_id = excluded.step_id, job_id = excluded.job_id, step = excluded.step, "
                "changed = excluded.changed WHERE NOT (state = 'finished' AND excluded.state = 'submitted')",
                row,
            )
        )

    def withdraw(self, run_id: str, step_index: int) -> Future[Any]:
        """Forget an intent: the vendor certainly did not take the request."""
        return self.change(
            lambda connection: connection.execute(
                "DELETE FROM entries WHERE run_id = ? AND step_index = ? AND state = 'intent'", (run_id, step_index)
            )
        )

    def prune(self, ended_before: float) -> int:
        """Forget runs, and give their space back to the disk; returns how many. Blocks.

        What may still be needed stays: runs that have not ended, and steps that were not collected, are in doubt or
        held. But a batch with a fixed id buys again what was forgotten.

        Args:
            ended_before: Seconds since the epoch.

        Raises:
            JournalError: The journal cannot be written.
        """
        forgotten = 0
        while number := self.change(lambda connection: _forget(connection, ended_before)).result():
            forgotten += number
        if forgotten:
            try:
                connection = self._open()
                try:
                    connection.execute("VACUUM")
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                finally:
                    connection.close()
            except sqlite3.Error as error:
                failure = self._failure("made smaller", error)
                raise failure from error
        return forgotten

    # --- what is known -------------------------------------------------------------------------------------------

    def entries(self, run_id: str) -> dict[int, Entry]:
        """The entries of a run, by step index."""
        rows = self._read(
            "SELECT run_id, step_index, request, state, provider, model, step_id, job_id, step FROM entries "
            "WHERE run_id = ? ORDER BY step_index",
            (run_id,),
        )
        names = Entry.__struct_fields__
        return {row[1]: Entry(**dict(zip(names, row, strict=True))) for row in rows}

    def run(self, run_id: str) -> RunRecord | None:
        """A run by its id, or by the beginning of it when that is unambiguous."""
        rows = self._read(
            "SELECT * FROM runs WHERE run_id >= ? AND run_id < ? LIMIT 2", (run_id, run_id + "\U0010ffff")
        )
        return _record(rows[0]) if len(rows) == 1 else None

    def runs(self, limit: int = 1000) -> list[RunRecord]:
        """Runs, the newest first."""
        return [_record(row) for row in self._read("SELECT * FROM runs ORDER BY created DESC LIMIT ?", (limit,))]

    def unfinished(self) -> list[RunRecord]:
        """Runs that no living process works on and that did not complete, the oldest first."""
        rows = self._read("SELECT * FROM runs WHERE status IN ('running', 'waiting') ORDER BY created", ())
        return [
            record
            for record in map(_record, rows)
            if record.owner is None or not is_alive(record.owner, record.changed)
        ]

    # --- the file ------------------------------------------------------------------------------------------------

    def _read(self, query: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        try:
            connection = connect(self.path)
            try:
                return connection.execute(query, values).fetchall()
            finally:
                connection.close()
        except sqlite3.Error as error:
            failure = self._failure("read", error)
            raise failure from error

    def beat(self) -> Change | None:
        """The sign of life of this process, while it works on a run."""
        if not self._working:
            return None
        me, now = owner_of_this_process(), time()
        return lambda connection: connection.execute("UPDATE runs SET changed = ? WHERE owner = ?", (now, me))

    def _open(self) -> sqlite3.Connection:
        return open_file(self.path, self.synchronous)

    def change(self, change: Change) -> Future[Any]:
        """Have a change made, from any thread; the future is done, with what it returns, when it is on disk."""
        return self._writer.put(change)

    async def write(self, change: Change, undo: Callable[[sqlite3.Connection, Any], Any] | None = None) -> Any:
        """Have a change made, and wait until it is on disk; gives what the change returns.

        A caller that is cancelled meanwhile stops waiting; the change is made all the same, and then undone by `undo`,
        which gets what it returned.
        """
        made: list[Any] = []

        def keep(connection: sqlite3.Connection) -> Any:
            made.append(change(connection))
            return made[0]

        try:
            return await asyncio.wrap_future(self.change(keep))
        except asyncio.CancelledError:
            if undo is not None:
                self.change(lambda connection: undo(connection, made[0]) if made else None)
            raise

    def _failure(self, what: str, error: Exception) -> JournalError:
        msg = f"The journal {self.path} cannot be {what} ({error}). {self.advice}"
        return JournalError(msg)


def _forget(connection: sqlite3.Connection, ended_before: float) -> int:
    """Forget some runs that nothing is left to do for; few enough for others not to wait."""
    found = connection.execute(
        "SELECT run_id FROM runs WHERE changed < ? AND owner IS NULL AND status NOT IN ('running', 'waiting') AND NOT "
        "EXISTS (SELECT 1 FROM entries WHERE entries.run_id = runs.run_id AND state != 'finished') LIMIT ?",
        (ended_before, FORGOTTEN_AT_ONCE),
    ).fetchall()
    connection.executemany("DELETE FROM entries WHERE run_id = ?", found)
    connection.executemany("DELETE FROM runs WHERE run_id = ?", found)
    return len(found)


def _refuse_taken(connection: sqlite3.Connection, run_id: str, me: str) -> None:
    row = connection.execute("SELECT owner, changed FROM runs WHERE run_id = ?", (run_id,)).fetchone()
    if row is not None and row[0] not in (None, me) and is_alive(*row):
        host, pid, _ = row[0].split(" ")
        msg = f"Run {run_id} is being worked on by process {pid} on {host}; wait until it has ended"
        raise RunTakenError(msg)


def _record(row: tuple[Any, ...]) -> RunRecord:
    return RunRecord(**dict(zip(RunRecord.__struct_fields__, row, strict=True)))


AnyJournal = TypeVar("AnyJournal", bound=Journal)

_opened: dict[tuple[int, Path, type[Journal]], Any] = {}
_opening = threading.Lock()


def open_journal(path: Path, *, required: bool = True) -> Journal:
    """The journal at `path`: one object, and so one writing thread, per file and process.

    Args:
        path: The file.
        required: Make sure that it can be written. Otherwise that shows when something is.

    Raises:
        JournalError: As `Journal.check` does.
    """
    return opened(Journal, path, required=required)


def opened(kind: type[AnyJournal], path: Path, *, required: bool = True) -> AnyJournal:
    """`open_journal` for a kind of journal."""
    key = (os.getpid(), path.absolute(), kind)  # a forked child needs a connection and a thread of its own
    with _opening:
        found: AnyJournal | None = _opened.get(key)
        if found is None or found.vanished:
            found = _opened[key] = kind(path)
        if required:
            found.check()
        return found
