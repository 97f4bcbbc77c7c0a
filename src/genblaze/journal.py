"""The journal: what was asked of paid vendors and what came of it, durable before it matters.

An intent is on disk before a submit, the vendor's job id before the first poll, the result before it is handed out.
So a process that dies loses nothing that was bought, and nobody has to buy it again. One SQLite file in write-ahead
mode, shared by any number of processes; a single thread per file writes, and commits what has gathered while it wrote
(group commit), so that a hundred steps at once cost one `fsync`.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from queue import SimpleQueue
from time import time
from typing import Any

import msgspec

from genblaze.errors import JournalError, RunTakenError

__all__ = ["FINISHED", "INTENT", "SUBMITTED", "UNCERTAIN", "Entry", "Journal", "RunRecord", "open_journal"]

#: States of an entry, in the order they are passed through.
INTENT = "intent"  # a submit may be under way; whether it reached the vendor is not known
SUBMITTED = "submitted"  # the vendor's job id is known
UNCERTAIN = "uncertain"  # the submit's outcome is not known, and the engine has said so
FINISHED = "finished"  # the result is recorded

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    run_id TEXT PRIMARY KEY, name TEXT, created REAL NOT NULL, changed REAL NOT NULL, status TEXT NOT NULL,
    owner TEXT, output_dir TEXT, template BLOB
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (
    run_id TEXT NOT NULL, step_index INTEGER NOT NULL, request TEXT NOT NULL, state TEXT NOT NULL,
    provider TEXT NOT NULL, model TEXT NOT NULL, step_id TEXT NOT NULL, job_id TEXT, step BLOB, changed REAL NOT NULL,
    PRIMARY KEY (run_id, step_index)
) WITHOUT ROWID;
"""
_BUSY_SEC = 30.0


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one paid step.

    Attributes:
        request: Digest of what was asked; another request under the same place is a mistake.
        state: `intent`, `submitted`, `uncertain` or `finished`.
        step_id: Identity of the step, and idempotency key of its submits.
        job_id: The vendor's job, once known.
        step: The finished step as JSON.
    """

    run_id: str
    step_index: int
    request: str
    state: str
    provider: str
    model: str
    step_id: str
    job_id: str | None = None
    step: bytes | None = None


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A run of which the journal knows.

    Attributes:
        created: Seconds since the epoch.
        status: `waiting` for its turn in a batch, `running`, or how the run ended.
        owner: The process that works on it; see `Journal.claim`.
        template: The pipeline as JSON, where it could be written down without private prompts.
    """

    run_id: str
    name: str | None
    created: float
    changed: float
    status: str
    owner: str | None
    output_dir: str | None
    template: bytes | None


class Journal:
    """One journal file.

    Writing methods are awaited and return when the change is on disk. Reading methods are quick and block.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the journal at `path`.

        Raises:
            JournalError: The file cannot be made, written, or is no journal.
        """
        self.path = path
        self._queue: SimpleQueue[tuple[Callable[[sqlite3.Connection], Any], Future[Any]] | None] = SimpleQueue()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = self._connect()
            connection.executescript(_SCHEMA)
            connection.close()
        except (sqlite3.Error, OSError) as error:
            failure = self._failure("opened", error)
            raise failure from error
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._working: set[str] = set()  # runs of this process; only the writing thread looks at it

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

        await self._write(write)

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

        await self._write(write)

    async def give_up(self, run_ids: Sequence[str]) -> None:
        """Note which runs of a batch will not begin after all."""
        rows = [(time(), run_id) for run_id in run_ids]
        await self._write(
            lambda connection: connection.executemany(
                "UPDATE runs SET status = 'cancelled', owner = NULL, changed = ? "
                "WHERE run_id = ? AND status = 'waiting'",
                rows,
            )
        )

    async def end(self, run_id: str, status: str) -> None:
        """Note how a run ended, and give it up."""
        now = time()

        def write(connection: sqlite3.Connection) -> None:
            self._working.discard(run_id)
            connection.execute(
                "UPDATE runs SET status = ?, owner = NULL, changed = ? WHERE run_id = ?", (status, now, run_id)
            )

        await self._write(write)

    async def note(self, entry: Entry) -> None:
        """Keep the newest state of a step."""
        await asyncio.wrap_future(self.put(entry))

    def put(self, entry: Entry) -> Future[None]:
        """`note` for any thread, without waiting; the future is done when the entry is on disk.

        A job id that comes late does not undo a result.
        """
        row = (*msgspec.structs.astuple(entry), time())
        return self._enqueue(
            lambda connection: connection.execute(
                "INSERT INTO entries (run_id, step_index, request, state, provider, model, step_id, job_id, step, "
                "changed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run_id, step_index) DO UPDATE SET "
                "request = excluded.request, state = excluded.state, provider = excluded.provider, "
                "model = excluded.model, step_id = excluded.step_id, job_id = excluded.job_id, step = excluded.step, "
                "changed = excluded.changed WHERE NOT (state = 'finished' AND excluded.state = 'submitted')",
                row,
            )
        )

    async def withdraw(self, run_id: str, step_index: int) -> None:
        """Forget an intent: the vendor certainly did not take the request."""
        await self._write(
            lambda connection: connection.execute(
                "DELETE FROM entries WHERE run_id = ? AND step_index = ? AND state = 'intent'", (run_id, step_index)
            )
        )

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
        return [record for record in map(_record, rows) if record.owner is None or not is_alive(record.owner)]

    # --- the file ------------------------------------------------------------------------------------------------

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=_BUSY_SEC, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _read(self, query: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        try:
            connection = self._connect()
            try:
                return connection.execute(query, values).fetchall()
            finally:
                connection.close()
        except sqlite3.Error as error:
            failure = self._failure("read", error)
            raise failure from error

    async def _write(self, change: Callable[[sqlite3.Connection], Any]) -> None:
        """Let the writing thread make a change, and wait until it is on disk.

        A caller that is cancelled meanwhile stops waiting; the change is made all the same.
        """
        await asyncio.wrap_future(self._enqueue(change))

    def _enqueue(self, change: Callable[[sqlite3.Connection], Any]) -> Future[Any]:
        done: Future[Any] = Future()
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="genblaze-journal", daemon=True)
                self._thread.start()
        self._queue.put((change, done))
        return done

    def _work(self) -> None:
        """Write batches for as long as the process lives."""
        connection: sqlite3.Connection | None = None
        while True:
            batch = [self._queue.get()]
            while not self._queue.empty():
                batch.append(self._queue.get())
            try:
                connection = connection or self._connect()
                outcomes = _commit(connection, [change for change, _ in filter(None, batch)])
            except sqlite3.Error as error:
                connection = None
                outcomes = [self._failure("written", error)] * len(batch)
            for (_, done), outcome in zip(filter(None, batch), outcomes, strict=True):
                if not done.set_running_or_notify_cancel():
                    continue
                if outcome is None:
                    done.set_result(None)
                else:
                    done.set_exception(outcome)

    def _failure(self, what: str, error: Exception) -> JournalError:
        msg = (
            f"The journal {self.path} cannot be {what} ({error}). It protects paid work from being bought twice; free "
            "some space, fix its permissions, choose another output_dir, or switch it off with journal=False"
        )
        return JournalError(msg)


def _commit(
    connection: sqlite3.Connection, changes: list[Callable[[sqlite3.Connection], Any]]
) -> list[Exception | None]:
    """Make all changes in one transaction; a change that refuses takes only itself back."""
    outcomes: list[Exception | None] = []
    connection.execute("BEGIN IMMEDIATE")
    try:
        for change in changes:
            connection.execute("SAVEPOINT one")
            try:
                change(connection)
                outcomes.append(None)
            except RunTakenError as error:
                connection.execute("ROLLBACK TO one")
                outcomes.append(error)
            connection.execute("RELEASE one")
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return outcomes


def _refuse_taken(connection: sqlite3.Connection, run_id: str, me: str) -> None:
    row = connection.execute("SELECT owner FROM runs WHERE run_id = ?", (run_id,)).fetchone()
    if row is not None and row[0] not in (None, me) and is_alive(row[0]):
        host, pid, _ = row[0].split(" ")
        msg = f"Run {run_id} is being worked on by process {pid} on {host}; wait until it has ended"
        raise RunTakenError(msg)


def _record(row: tuple[Any, ...]) -> RunRecord:
    return RunRecord(**dict(zip(RunRecord.__struct_fields__, row, strict=True)))


_open: dict[tuple[int, Path], Journal] = {}
_open_lock = threading.Lock()


def open_journal(path: Path) -> Journal:
    """The journal at `path`: one object, and so one writing thread, per file and process.

    Raises:
        JournalError: As `Journal` does.
    """
    key = (os.getpid(), path.absolute())  # a forked child needs a connection and a thread of its own
    with _open_lock:
        found = _open.get(key)
        if found is None or not path.exists():
            found = _open[key] = Journal(path)
        return found


def owner_of_this_process() -> str:
    """How this process signs: host, process id, and when it started, because process ids come back."""
    return f"{socket.gethostname()} {os.getpid()} {_started(os.getpid())}"


def is_alive(owner: str) -> bool:
    """Whether the process that signed `owner` still runs; one on another machine counts as alive."""
    host, pid, started = owner.split(" ")
    if host != socket.gethostname():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    now = _started(int(pid))
    return "?" in (now, started) or now == started


def _started(pid: int) -> str:
    """When a process started, in the kernel's clock ticks; `?` where the system does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "?"
    return stat.rpartition(")")[2].split()[19]
