"""The tables of an index, and the only code that changes them."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from genblaze_gallery.rows import ManifestRow, StepRow

__all__ = ["Writer", "has_tables", "make_tables", "refuse_strangers"]

VERSION: Final = 1
"""Of the tables; a file of another version is made anew."""

APPLICATION_ID: Final = 0x67626C78
"""Stands in the file's head: "gblx"."""

_SCHEMA: Final = """
CREATE TABLE places (address TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE files (address TEXT PRIMARY KEY, stamp TEXT NOT NULL, manifest INTEGER) WITHOUT ROWID;
CREATE INDEX files_by_manifest ON files (manifest);
CREATE TABLE manifests (
    id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, run_id TEXT NOT NULL, name TEXT, parent_run_id TEXT,
    canonical_hash TEXT NOT NULL, status TEXT NOT NULL, created_at TEXT NOT NULL
);
CREATE INDEX manifests_by_run ON manifests (run_id);
CREATE INDEX manifests_by_parent ON manifests (parent_run_id);
CREATE INDEX manifests_by_hash ON manifests (canonical_hash);
CREATE INDEX manifests_by_time ON manifests (created_at, run_id);
CREATE TABLE steps (
    id INTEGER PRIMARY KEY, manifest INTEGER NOT NULL, step_index INTEGER NOT NULL, provider TEXT, model TEXT NOT NULL,
    step_type TEXT NOT NULL, modality TEXT NOT NULL, status TEXT NOT NULL, prompt TEXT, negative_prompt TEXT,
    cost_usd REAL, started_at TEXT, completed_at TEXT
);
CREATE INDEX steps_by_manifest ON steps (manifest, step_index);
CREATE INDEX steps_by_model ON steps (model);
CREATE INDEX steps_by_provider ON steps (provider);
CREATE INDEX steps_by_cost ON steps (cost_usd);
CREATE TABLE assets (
    step INTEGER NOT NULL, role TEXT NOT NULL, position INTEGER NOT NULL, asset_id TEXT NOT NULL, sha256 TEXT,
    media_type TEXT NOT NULL, url TEXT NOT NULL, PRIMARY KEY (step, role, position)
) WITHOUT ROWID;
CREATE INDEX assets_by_content ON assets (sha256, role);
CREATE VIRTUAL TABLE prompts USING fts5 (
    prompt, negative_prompt, content = 'steps', content_rowid = 'id', tokenize = 'porter unicode61 remove_diacritics 2'
);
"""
_BATCH: Final = 2000


def refuse_strangers(db: sqlite3.Connection) -> None:
    """Leave a database of others as it is.

    Raises:
        sqlite3.DatabaseError: It is one, or no database.
    """
    (owner,) = db.execute("PRAGMA application_id").fetchone()
    if owner != APPLICATION_ID and db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
        msg = "the database of another program"
        raise sqlite3.DatabaseError(msg)


def has_tables(db: sqlite3.Connection) -> bool:
    """Whether the tables are there, and of this version."""
    marks = db.execute("SELECT application_id, user_version FROM pragma_application_id, pragma_user_version")
    return bool(marks.fetchone() == (APPLICATION_ID, VERSION))


def make_tables(db: sqlite3.Connection) -> None:
    """Make the tables anew, in the transaction that is under way; what was in others of these names is lost."""
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
    for (name,) in db.execute(tables).fetchall():
        if not name.startswith("prompts_"):  # they go with the table of the full-text search
            db.execute(f'DROP TABLE "{name}"')
    for statement in _SCHEMA.split(";\n"):
        db.execute(statement)
    db.execute(f"PRAGMA user_version = {VERSION}")
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")


class Writer:
    """Changes an index; each change is whole, and what was changed stays when a later one fails."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Begin; other processes that write wait until this one is closed or makes a pause."""
        self._db = db
        self._since_commit = 0
        db.execute("BEGIN IMMEDIATE")

    def close(self) -> None:
        """Make the changes last."""
        self._db.execute("COMMIT")

    def add_place(self, root: str) -> None:
        """Remember a place, unless it is in one that is known; those that are in it need not be remembered any more."""
        known = [address for (address,) in self._db.execute("SELECT address FROM places")]
        if not any(_covers(place, root) for place in known):
            inside = [(place,) for place in known if _covers(root, place)]
            self._db.executemany("DELETE FROM places WHERE address = ?", inside)
            self._db.execute("INSERT INTO places VALUES (?)", (root,))

    def remove_place(self, root: str) -> None:
        """Forget a place and what was found in it."""
        for address in self.known_below(root):
            self.remove(address)
        self._db.execute("DELETE FROM places WHERE address = ?", (root,))

    def known_below(self, root: str) -> dict[str, str]:
        """The stamps of what is known in a place, by address."""
        below = "SELECT address, stamp FROM files WHERE address = ? OR (address > ? AND address < ?)"
        return dict(self._db.execute(below, (root, f"{root}/", f"{root}0")))  # "0" is what follows the slash

    def put(self, address: str, stamp: str, manifest: ManifestRow | None) -> None:
        """Note what lies at an address: a manifest, or nothing of ours."""
        before = self._manifest_at(address)
        now = None if manifest is None else self._id_of(manifest)
        self._db.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", (address, stamp, now))
        if before != now:
            self._release(before)
        self._pause()

    def remove(self, address: str) -> None:
        """Note that nothing lies at an address any more."""
        before = self._manifest_at(address)
        self._db.execute("DELETE FROM files WHERE address = ?", (address,))
        self._release(before)
        self._pause()

    def _pause(self) -> None:
        """Let others write now and then, and lose little when the process dies."""
        self._since_commit += 1
        if self._since_commit == _BATCH:
            self._db.execute("COMMIT")
            self._db.execute("BEGIN IMMEDIATE")
            self._since_commit = 0

    def _manifest_at(self, address: str) -> int | None:
        found = self._db.execute("SELECT manifest FROM files WHERE address = ?", (address,)).fetchone()
        return found[0] if found else None

    def _id_of(self, manifest: ManifestRow) -> int:
        """The record of a manifest, made if there is none that tells the same."""
        digest = manifest.digest()
        found = self._db.execute("SELECT id FROM manifests WHERE digest = ?", (digest,)).fetchone()
        if found:
            return int(found[0])
        told = (manifest.run_id, manifest.name, manifest.parent_run_id, manifest.canonical_hash, manifest.status)
        number = self._insert("manifests", (None, digest, *told, manifest.created_at))
        for step in manifest.steps:
            self._add_step(number, step)
        return number

    def _add_step(self, manifest: int, step: StepRow) -> None:
        told = (step.step_index, step.provider, step.model, step.step_type, step.modality, step.status)
        prompts = (step.prompt, step.negative_prompt)
        number = self._insert(
            "steps", (None, manifest, *told, *prompts, step.cost_usd, step.started_at, step.completed_at)
        )
        self._db.execute("INSERT INTO prompts (rowid, prompt, negative_prompt) VALUES (?, ?, ?)", (number, *prompts))
        self._db.executemany(
            "INSERT INTO assets VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (number, asset.role, position, asset.asset_id, asset.sha256, asset.media_type, asset.url)
                for position, asset in enumerate(step.assets)
            ),
        )

    def _insert(self, table: str, row: tuple[object, ...]) -> int:
        marks = ", ".join("?" * len(row))
        return int(self._db.execute(f"INSERT INTO {table} VALUES ({marks})", row).lastrowid or 0)  # noqa: S608 - ours

    def _release(self, manifest: int | None) -> None:
        """Drop the record of a manifest that no file tells any more."""
        if manifest is None or self._db.execute("SELECT 1 FROM files WHERE manifest = ?", (manifest,)).fetchone():
            return
        for statement in _DROP:
            self._db.execute(statement, (manifest,))


def _covers(place: str, other: str) -> bool:
    return other == place or other.startswith(f"{place}/")


# The full-text search must be told what it forgets, word for word.
_DROP: Final = (
    "INSERT INTO prompts (prompts, rowid, prompt, negative_prompt) "
    "SELECT 'delete', id, prompt, negative_prompt FROM steps WHERE manifest = ?",
    "DELETE FROM assets WHERE step IN (SELECT id FROM steps WHERE manifest = ?)",
    "DELETE FROM steps WHERE manifest = ?",
    "DELETE FROM manifests WHERE id = ?",
)
