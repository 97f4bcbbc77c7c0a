"""Records as canonical bytes, with some fields left out, by msgspec where the values allow it.

A projection knows one class of records. It has msgspec copy the fields it wants into views, structs whose fields
are in sorted order, which msgspec then encodes in one go. Both leave the loops to C; what Python looks at, it looks
at for one field of all records at once. A record that holds anything unusual (a value of a type its field does
not declare, text that is not NFC, integers beyond 64 bits) is written by the general rules of
`genblaze.canonical` instead, alone: the other records of the run stay on the fast way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from genblaze.canonical import (
    all_write_plainly,
    canonical_bytes,
    canonical_float,
    canonical_time,
    float_writes_plainly,
    plain_bytes,
)
from genblaze.errors import ManifestError
from genblaze.models.record import Record, describe, members

__all__ = ["Projection"]


class _UnusualError(Exception):
    """A value that only the general rules can write, or refuse with its place."""


class _Care(msgspec.Struct, frozen=True):
    """Fields of one kind whose values msgspec does not always write as the rules demand."""

    names: tuple[str, ...]
    read: Callable[[Any], tuple[Any, ...]]
    all_plain: Callable[[list[Any]], bool]
    prepared: Callable[[Any], Any]

    def take(self, views: list[Any]) -> None:
        """Replace the values of these fields that need it."""
        if self.all_plain(list(chain.from_iterable(map(self.read, views)))):
            return
        for view in views:
            for name, value in zip(self.names, self.read(view), strict=True):
                setattr(view, name, self.prepared(value))


class _Nested(msgspec.Struct, frozen=True):
    """A field that holds records: one, or a list of them."""

    read: Callable[[Any], Any]
    part: Projection
    many: bool

    def of(self, owners: list[Any]) -> list[Any]:
        """All the records that stand in this field."""
        held = filter(None, map(self.read, owners))
        try:
            return list(chain.from_iterable(held) if self.many else held)
        except TypeError:
            raise _UnusualError from None


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
        self._names = tuple(sorted(name for name in kind.__struct_fields__ if name not in omit))
        self._nested: list[_Nested] = []
        self._dicts: list[str] = []
        self._times: list[str] = []
        self._numbers: list[str] = []
        hints = get_type_hints(kind)
        fields = [(name, self._field(name, hints[name])) for name in self._names]
        self._view = msgspec.defstruct(f"{kind.__name__}View", fields, gc=False)
        self._list_of_views = list[self._view]  # type: ignore[name-defined]
        describe(self._list_of_views)
        dicts_write_plainly = partial(_dicts_write_plainly, depth=depth + 1)
        self._cares = [
            _Care(tuple(names), _reader(names), all_plain, prepared)
            for names, all_plain, prepared in (
                (self._dicts, dicts_write_plainly, self._prepared_dict),
                (self._times, _are_utc, _prepared_time),
                (self._numbers, _numbers_write_plainly, _prepared_number),
            )
            if names
        ]

    def to_bytes(self, record: Any) -> bytes:
        """Write one record as canonical JSON.

        Raises:
            ManifestError: For a value that canonical JSON cannot hold.
        """
        text = self.plain_bytes(record)
        return canonical_bytes(self.to_dict(record), depth=self._depth) if text is None else text

    def plain_bytes(self, record: Any) -> bytes | None:
        """Write one record as `to_bytes` does; None if only the general rules can."""
        try:
            return plain_bytes(self._views([record])[0])
        except _UnusualError:
            return None

    def list_to_bytes(self, records: list[Any]) -> bytes:
        """Write records as a JSON list: all at once, or one by one where one of them is unusual.

        Raises:
            ManifestError: For a value that canonical JSON cannot hold.
        """
        try:
            text = plain_bytes(self._views(records))
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

    def _views(self, records: list[Any]) -> list[Any]:
        self._refuse_other_classes(records)
        try:
            views: list[Any] = msgspec.convert(records, self._list_of_views, from_attributes=True)
        except (msgspec.ValidationError, RecursionError):
            raise _UnusualError from None
        self._prepare(views)
        return views

    def _refuse_other_classes(self, records: list[Any]) -> None:
        """Look at the records themselves: a view does not show that it was made from a dict or from a subclass."""
        if not {self.kind}.issuperset(map(type, records)):
            raise _UnusualError
        for nested in self._nested:
            if held := nested.of(records):
                nested.part._refuse_other_classes(held)

    def _prepare(self, views: list[Any]) -> None:
        """See to the values that msgspec would not write as the rules demand."""
        for care in self._cares:
            care.take(views)
        for nested in self._nested:
            if held := nested.of(views):
                nested.part._prepare(held)

    def _field(self, name: str, hint: Any) -> Any:
        """Find the type of the field in the view; where that does not settle how it is written, note what does."""
        read = attrgetter(name)
        kinds = members(hint)
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, Record):
                return self._nested_field(read, kind, many=False) | None
            if get_origin(kind) is list and issubclass(element := get_args(kind)[0], Record):
                return self._nested_field(read, element, many=True) | None
        if any(get_origin(kind) is dict for kind in kinds):
            self._dicts.append(name)
            return Any
        if datetime in kinds:
            self._times.append(name)
            return Any
        if float in kinds or int in kinds:
            # Whichever was assigned is written as it is; the type alone would have msgspec turn 3 into 3.0.
            self._numbers.append(name)
            return int | float | None if type(None) in kinds else int | float
        return hint

    def _nested_field(self, read: Callable[[Any], Any], kind: type[Record], *, many: bool) -> Any:
        part = self._parts.setdefault(kind, Projection(kind, depth=self._depth + (2 if many else 1)))
        self._nested.append(_Nested(read, part, many))
        return part._list_of_views if many else part._view

    def _prepared_dict(self, value: Any) -> msgspec.Raw:
        try:
            return msgspec.Raw(canonical_bytes(value, depth=self._depth + 1))
        except ManifestError:
            raise _UnusualError from None


def _reader(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """A function from a record to the tuple of these fields."""
    read = attrgetter(*names)
    return read if len(names) > 1 else lambda record: (read(record),)


def _dicts_write_plainly(values: list[Any], *, depth: int) -> bool:
    # Most dicts of most records are empty.
    filled = [value for value in values if value or type(value) is not dict]
    return not filled or all_write_plainly(filled, depth)


def _numbers_write_plainly(values: list[int | float | None]) -> bool:
    return all(map(float_writes_plainly, {value for value in values if type(value) is float}))


def _prepared_number(value: int | float | None) -> int | float | None:
    if type(value) is not float or float_writes_plainly(value):
        return value
    rounded = canonical_float(value)
    if rounded is None or float_writes_plainly(rounded):
        return rounded
    raise _UnusualError


def _are_utc(values: list[Any]) -> bool:
    return all(value is None or (type(value) is datetime and value.tzinfo is UTC) for value in values)


def _prepared_time(value: Any) -> datetime | str | None:
    if value is None or (type(value) is datetime and value.tzinfo is UTC):
        return value
    if type(value) is not datetime or value.tzinfo is None:
        raise _UnusualError
    return canonical_time(value)
