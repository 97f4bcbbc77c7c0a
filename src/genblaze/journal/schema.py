"""The journal's tables, and the connections to a file that has them."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from time import monotonic, sleep

#: Number of the tables' shape, kept in the file; one of another number is not touched.
VERSION = 1
#: Seconds to wait for another process that writes.
BUSY_SEC = 30.0
_PAUSE_SEC = 0.005

_TABLES = """
CREATE TABLE IF NOT EXISTS runs (
    run_id TEXT PRIMARY KEY, name TEXT, created REAL NOT NULL, changed REAL NOT NULL, status TEXT NOT NULL,
    owner TEXT, output_dir TEXT, template BLOB
);
CREATE TABLE IF NOT EXISTS entries (
    run_id TEXT NOT NULL, step_index INTEGER NOT NULL, request TEXT NOT NULL, state TEXT NOT NULL,
    provider TEXT NOT NULL, model TEXT NOT NULL, step_id TEXT NOT NULL, job_id TEXT, step BLOB, changed REAL NOT NULL,
    PRIMARY KEY (run_id, step_index)
);
CREATE TABLE IF NOT EXISTS spending (
    purchase TEXT PRIMARY KEY, day TEXT NOT NULL, amount INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS spending_by_day ON spending (day, amount);
CREATE TABLE IF NOT EXISTS places (
    id INTEGER PRIMARY KEY AUTOINCREMENT, provider TEXT NOT NULL, owner TEXT NOT NULL, seen REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS turns (provider TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS turns_of_provider ON turns (provider, at);
CREATE TABLE IF NOT EXISTS pauses (provider TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;
"""


def connect(path: Path, synchronous: str = "FULL") -> sqlite3.Connection:
    """A connection whose commits are on disk when they return, or survive the process at least (`NORMAL`).

    Raises:
        sqlite3.Error: The file cannot be opened.
    """
    connection = sqlite3.connect(path, timeout=BUSY_SEC, isolation_level=None)
    try:
        _log_ahead(connection)
        connection.execute(f"PRAGMA synchronous = {synchronous}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Have the file keep a write-ahead log.

    SQLite refuses that at once, and does not wait as it does elsewhere, while another process does the same to a file
    that has none yet.
    """
    give_up = monotonic() + BUSY_SEC
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > give_up:
                raise
            sleep(_PAUSE_SEC)
        else:
            return


def open_file(path: Path, synchronous: str = "FULL") -> sqlite3.Connection:
    """A connection to a journal; its file and tables are made where they are missing.

    Raises:
        sqlite3.Error: The file cannot be made or written, is damaged, or belongs to another program or version.
        OSError: Its folder cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = connect(path, synchronous)
    try:
        _refuse_stranger(connection)
        # Also where nothing is missing: a file that cannot be written is found out now, and not after a purchase.
        connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _refuse_stranger(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if version not in (0, VERSION):
        msg = f"it has tables of version {version}, and this genblaze knows version {VERSION}; use the one that made it"
        raise sqlite3.DatabaseError(msg)
    if tables and "entries" not in tables:
        msg = "it is another program's database"
        raise sqlite3.DatabaseError(msg)
