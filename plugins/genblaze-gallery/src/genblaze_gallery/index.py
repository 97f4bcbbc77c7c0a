"""The index: what manifests in folders and stores say, in one SQLite file, to be searched in milliseconds.

It is made of the manifests alone and can be thrown away at any time. Each file or object is known by its address
and a stamp; what has a new stamp is read again, what is gone is forgotten, so that an index which is kept up to date
is equal to one that was made anew. Several files that tell the same (every output of a run carries its manifest) share
one record of it. Prompts that are not public are not in it.
"""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import msgspec

from genblaze import GenblazeError
from genblaze_gallery.places import open_place
from genblaze_gallery.rows import rows_of, storable
from genblaze_gallery.tables import Writer, has_tables, make_tables, refuse_strangers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from genblaze import Manifest
    from genblaze_gallery.places import Entry, Place

__all__ = ["Index", "Refreshed"]

_BUSY_SEC: Final = 30.0
_BATCHES: Final = 16


class Refreshed(msgspec.Struct):
    """What bringing a place up to date has changed, in files or objects that were looked at.

    Attributes:
        root: The place.
        added: Those that were not known.
        changed: Those with another stamp.
        removed: Those that are gone.
        unchanged: The others.
    """

    root: str
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0


class Index:
    """An index file. Use it as a context manager.

    Attributes:
        db: The database, for those who ask it themselves.
    """

    def __init__(self, path: Path | None) -> None:
        """Open the index at `path`, or make it; None is one in memory, gone when it is closed.

        Raises:
            GenblazeError: The file cannot be opened, or is no index.
        """
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            self.db = sqlite3.connect(path or ":memory:", timeout=_BUSY_SEC, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            msg = f"The index {path} cannot be opened: {error}"
            raise GenblazeError(msg) from error
        try:
            self._prepare(path)
        except BaseException:
            self.db.close()
            raise

    def _prepare(self, path: Path | None) -> None:
        try:
            if not has_tables(self.db):
                self.db.execute("BEGIN IMMEDIATE")  # whoever came first has made them when this one's turn comes
                if not has_tables(self.db):
                    refuse_strangers(self.db)
                    make_tables(self.db)
                self.db.execute("COMMIT")
        except sqlite3.Error as error:
            msg = f"{path} is no index of genblaze, or is damaged ({error}). Name another file, or delete this one"
            raise GenblazeError(msg) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def places(self) -> list[str]:
        """The places that were indexed, in order."""
        return [address for (address,) in self.db.execute("SELECT address FROM places ORDER BY address")]

    def refresh(self, place: str) -> Refreshed:
        """Bring a place up to date; from then on it is one of the index's places.

        Args:
            place: A file, a folder, or the URL of a store or a part of one.

        Raises:
            GenblazeError: There is no such place, or it cannot be read. What was read until then stays.
        """
        with open_place(place) as opened, closing(Writer(self.db)) as writer:
            root = storable(opened.root)
            writer.add_place(root)
            return _refresh(root, opened, writer)

    def forget(self, place: str) -> None:
        """Forget a place and what was found in it; a place is called what `places` calls it."""
        with closing(Writer(self.db)) as writer:
            writer.remove_place(storable(place))

    def clear(self) -> None:
        """Forget everything."""
        with closing(Writer(self.db)):
            make_tables(self.db)

    def counts(self) -> tuple[int, int, int]:
        """How many runs, steps and files with a manifest there are."""
        return (
            self._count("SELECT count(DISTINCT run_id) FROM manifests"),
            self._count("SELECT count(*) FROM steps"),
            self._count("SELECT count(*) FROM files WHERE manifest NOT NULL"),
        )

    def _count(self, query: str) -> int:
        return int(self.db.execute(query).fetchone()[0])


def _refresh(root: str, place: Place, writer: Writer) -> Refreshed:
    done = Refreshed(root)
    known = writer.known_below(root)

    def fresh() -> Iterator[Entry]:
        for entry in place.entries:
            before = known.pop(storable(entry.address), None)
            if before == entry.stamp:
                done.unchanged += 1
                continue
            done.added += before is None
            done.changed += before is not None
            yield entry

    for entry, manifest in _read(fresh(), place.at_once):
        writer.put(storable(entry.address), entry.stamp, None if manifest is None else rows_of(manifest))
    for address in known:
        writer.remove(address)
    done.removed = len(known)
    return done


def _read(entries: Iterator[Entry], at_once: int) -> Iterator[tuple[Entry, Manifest | None]]:
    """The manifests of entries, in their order; several are read at once where that is worth it."""
    if at_once == 1:
        yield from ((entry, entry.manifest()) for entry in entries)
        return
    with ThreadPoolExecutor(at_once, "genblaze-index") as executor:
        while batch := list(islice(entries, at_once * _BATCHES)):
            yield from zip(batch, executor.map(lambda entry: entry.manifest(), batch), strict=True)
