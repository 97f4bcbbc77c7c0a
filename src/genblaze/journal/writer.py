"""Writes to the journal: one thread per file commits together what has gathered while it wrote (group commit)."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, TypeAlias

from genblaze.errors import GenblazeError
from genblaze.journal import owners

#: What is done within a transaction; what it returns is the future's result.
Change: TypeAlias = Callable[[sqlite3.Connection], Any]

#: Seconds after which a writer that has nothing to do gives up its thread and its connection.
IDLE_SEC = 10.0


class Writer:
    """A thread, begun when there is need, through which all changes of this process to one file go.

    So a hundred steps at once cost one `fsync`. Without work the thread ends, so that a process which works in ever new
    folders does not collect them.

    Args:
        connect: Opens the file.
        failure: Makes the error for what could not be written.
        beat: The change by which the process gives a sign of life when nothing else is written for `BEAT_SEC`, or None
            while it has nothing that others could take for abandoned.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        failure: Callable[[Exception], Exception],
        beat: Callable[[], Change | None],
    ) -> None:
        self._connect = connect
        self._failure = failure
        self._beat = beat
        self._beaten = monotonic()
        self._queue: SimpleQueue[tuple[Change, Future[Any]]] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def put(self, change: Change) -> Future[Any]:
        """Have a change made, from any thread; the future is done when it is on disk."""
        done: Future[Any] = Future()
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="genblaze-journal", daemon=True)
                self._thread.start()
            self._queue.put((change, done))
        return done

    def _next(self) -> list[tuple[Change, Future[Any]]]:
        """Wait for a change; the sign of life goes with it, or alone, when it is due."""
        batch = []
        with suppress(Empty):
            batch.append(self._queue.get(timeout=IDLE_SEC if self._beat() is None else owners.BEAT_SEC))
        if monotonic() - self._beaten >= owners.BEAT_SEC and (beat := self._beat()) is not None:
            self._beaten = monotonic()
            batch.append((beat, Future()))
        return batch

    def _may_end(self) -> bool:
        """Whether there is no need of the thread; whoever asks for a change from now on begins another."""
        with self._lock:
            if not self._queue.empty() or self._beat() is not None:
                return False
            self._thread = None
            return True

    def _work(self) -> None:
        """Write batches for as long as there are any."""
        connection: sqlite3.Connection | None = None
        while (batch := self._next()) or not self._may_end():
            while not self._queue.empty():
                batch.append(self._queue.get())
            try:
                connection = connection or self._connect()
                outcomes = self._commit(connection, [change for change, _ in batch]) if batch else []
            except (sqlite3.Error, OSError) as error:
                if connection is not None:
                    connection.close()
                connection = None
                outcomes = [(None, self._failure(error))] * len(batch)
            for (_, done), (result, failure) in zip(batch, outcomes, strict=True):
                if not done.set_running_or_notify_cancel():
                    continue
                if failure is None:
                    done.set_result(result)
                else:
                    done.set_exception(failure)
        if connection is not None:
            connection.close()

    def _commit(self, connection: sqlite3.Connection, changes: list[Change]) -> list[tuple[Any, Exception | None]]:
        """Make all changes in one transaction; one that cannot be made takes only itself back."""
        outcomes: list[tuple[Any, Exception | None]] = []
        connection.execute("BEGIN IMMEDIATE")
        try:
            for change in changes:
                connection.execute("SAVEPOINT one")
                try:
                    outcomes.append((change(connection), None))
                except sqlite3.Error:
                    raise
                except Exception as error:  # noqa: BLE001 - carried over to who asked, whatever it is
                    connection.execute("ROLLBACK TO one")
                    outcomes.append((None, error if isinstance(error, GenblazeError) else self._failure(error)))
                connection.execute("RELEASE one")
            connection.execute("COMMIT")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return outcomes
