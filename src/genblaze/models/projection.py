"""Records as canonical bytes, with some fields left out, by msgspec where the values allow it.

A projection knows one class of records. It reads the fields it wants into a struct whose fields are in sorted
order, which msgspec encodes in one go. A record that holds anything unusual (a value of a type its field does
not declare, text that is not NFC, integers beyond 64 bits) is written by the general rules of
`genblaze.canonical` instead, alone: the other records of the run stay on the fast way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from enum import Enum
from operator import attrgetter
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from genblaze.canonical import (
    canonical_bytes,
    canonical_float,
    canonical_time,
    float_writes_plainly,
    plain_bytes,
    writes_plainly,
)
from genblaze.errors import ManifestError
from genblaze.models.record import Record, members

__all__ = ["Projection"]

_Prepare = Callable[[Any], Any]


class _UnusualError(Exception):
    """A value that only the general rules can write, or refuse with its place."""


class Projection:
    """One class of records, some of its fields left out.

    Args:
        kind: The class of records.
        omit: Names of the fields to leave out.
        parts: Projections for the records that stand in this one's fields; those of other classes are
            written whole.
        depth: How deep in its document a record of this class stands.
    """

    def __init__(
        self,
        kind: type[Record],
        *,
        omit: Collection[str] = (),
        parts: Collection[Projection] = (),
        depth: int = 0,
    ) -> None:
        self.kind = kind
        self._depth = depth
        self._parts = {part.kind: part for part in parts}
        hints = get_type_hints(kind)
        self._names = tuple(sorted(name for name in kind.__struct_fields__ if name not in omit))
        self._read = _reader(self._names)
        self._view = msgspec.defstruct(
            f"{kind.__name__}View", [(name, Any) for name in self._names], frozen=True, gc=False
        )
        self._allowed = [_allowed_types(hints[name]) for name in self._names]
        self._known: set[tuple[type, ...]] = set()
        self._prepared = tuple(
            (index, prepare)
            for index, name in enumerate(self._names)
            if (prepare := self._preparation(hints[name])) is not None
        )

    def to_bytes(self, record: Any) -> bytes:
        """Write one record as canonical JSON.

        Raises:
            ManifestError: For a value that canonical JSON cannot hold.
        """
        try:
            text = plain_bytes(self._view_of(record))
        except _UnusualError:
            text = None
        return canonical_bytes(self.to_dict(record), depth=self._depth) if text is None else text

    def list_to_bytes(self, records: list[Any]) -> bytes:
        """Write records as a JSON list: all at once, or one by one where one of them is unusual.

        Raises:
            ManifestError: For a value that canonical JSON cannot hold.
        """
        try:
            text = plain_bytes(list(map(self._view_of, records)))
        except _UnusualError:
            text = None
        return b"[%b]" % b",".join(map(self.to_bytes, records)) if text is None else text

    def to_dict(self, record: Any) -> Any:
        """Take a record apart for the general rules; what is no record of this class stays as it is."""
        if not isinstance(record, self.kind):
            return record
        return {name: self._taken_apart(getattr(record, name)) for name in self._names}

    def _taken_apart(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._taken_apart(item) for item in value]
        for kind, part in self._parts.items():
            if isinstance(value, kind):
                return part.to_dict(value)
        return value

    def _view_of(self, record: Any) -> msgspec.Struct:
        if type(record) is not self.kind:
            raise _UnusualError
        values = list(self._read(record))
        if (kinds := tuple(map(type, values))) not in self._known:
            self._learn(kinds)
        for index, prepare in self._prepared:
            if value := values[index]:
                values[index] = prepare(value)
        return self._view(*values)

    def _learn(self, kinds: tuple[type, ...]) -> None:
        """Remember a combination of types that needs no look at each of them again."""
        if not all(kind in allowed for kind, allowed in zip(kinds, self._allowed, strict=True)):
            raise _UnusualError
        self._known.add(kinds)

    def _preparation(self, hint: Any) -> _Prepare | None:
        """Find what must be done to a field's values (if they are not empty) before they are encoded."""
        for kind in members(hint):
            if get_origin(kind) is dict:
                return self._prepared_dict
            if get_origin(kind) is list:
                view = self._part(get_args(kind)[0])._view_of
                return lambda records: [view(record) for record in records]
            if isinstance(kind, type) and issubclass(kind, Record):
                return self._part(kind)._view_of
            if kind is float:
                return _prepared_float
            if kind is datetime:
                return _prepared_time
        return None

    def _part(self, kind: type[Record]) -> Projection:
        return self._parts.setdefault(kind, Projection(kind, depth=self._depth + 1))

    def _prepared_dict(self, value: dict[str, Any]) -> Any:
        depth = self._depth + 1
        return value if writes_plainly(value, depth) else msgspec.Raw(_general(value, depth))


def _reader(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    read = attrgetter(*names)
    return read if len(names) > 1 else lambda record: (read(record),)


def _general(value: Any, depth: int) -> bytes:
    try:
        return canonical_bytes(value, depth=depth)
    except ManifestError:
        raise _UnusualError from None


def _prepared_float(value: float) -> float | None:
    if type(value) is int or float_writes_plainly(value):  # an int may have been assigned
        return value
    rounded = canonical_float(value)
    if rounded is None or float_writes_plainly(rounded):
        return rounded
    raise _UnusualError


def _prepared_time(value: datetime) -> datetime | str:
    if value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise _UnusualError
    return canonical_time(value)


def _allowed_types(hint: Any) -> frozenset[type]:
    """List the exact types that msgspec writes as the rules demand, for a field declared so."""
    kinds: set[type] = set()
    for kind in members(hint):
        kinds.add(get_origin(kind) or kind)
        if isinstance(kind, type) and issubclass(kind, Enum):
            kinds.add(str)
    if float in kinds:
        kinds.add(int)
    return frozenset(kinds)
