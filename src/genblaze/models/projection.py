"""Records as canonical bytes, with some fields left out, by msgspec where the values allow it.

A projection knows one class of records. It has msgspec copy the fields it wants into views, structs whose fields
are in sorted order, which msgspec then encodes in one go. Both leave the loops to C, and msgspec refuses a value of a
type that its field does not declare; Python looks only at the fields whose type does not settle how they are written.
Whatever cannot be written so is taken apart, field by field, and written by the general rules of
`genblaze.canonical`; the records inside it that are fine, such as the other steps of a run, stay on the fast way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import Enum
from functools import cache
from itertools import chain
from operator import attrgetter
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from genblaze.canonical import Place, all_write_plainly, canonical_bytes, normalize, plain_bytes, writes_plainly
from genblaze.errors import ManifestError
from genblaze.models.record import Record, describe, members

__all__ = ["Projection"]

# The place of the deepest value that a record holds: where it matters, the general rules count exactly.
_DEEP: Place = ("run", "steps", 0, "assets", 0, "audio", "word_timings", 0, "start")


class _Nested(msgspec.Struct, frozen=True):
    """A field that holds records: one, or a list of them."""

    read: Callable[[Any], Any]
    part: Projection
    many: bool

    def of(self, owners: list[Any]) -> list[Any]:
        """All the records that stand in this field."""
        held = filter(None, map(self.read, owners))
        return [*chain.from_iterable(held)] if self.many else [*held]


class Projection:
    """One class of records, some of its fields left out.

    Args:
        kind: The class of records.
        omit: Names of the fields to leave out.
        parts: Projections for the records that stand in this one's fields; those of other classes are
            written whole.
    """

    def __init__(self, kind: type[Record], *, omit: Collection[str] = (), parts: Collection[Projection] = ()) -> None:
        self.kind = kind
        self._kinds = frozenset({kind})
        self._parts = {part.kind: part for part in parts}
        self._nested: dict[str, _Nested] = {}
        self._careful: dict[str, Callable[[Any], Any]] = {}
        self._texts: dict[str, Callable[[Any], Any]] = {}
        self._names = sorted(name for name in kind.__struct_fields__ if name not in omit)
        hints = get_type_hints(kind)
        fields = [(name, self._field(name, hints[name])) for name in self._names]
        self.view = msgspec.defstruct(f"{kind.__name__}View", fields, gc=False)
        describe(self.view)

    def _field(self, name: str, hint: Any) -> Any:
        """Find the type of the field in the view; where that does not settle how it is written, note what does."""
        read = attrgetter(name)
        for kind in members(hint):
            many = get_origin(kind) is list
            element = get_args(kind)[0] if many else kind
            if isinstance(element, type) and issubclass(element, Record):
                part = self._parts.get(element) or _whole(element)
                self._nested[name] = _Nested(read, part, many)
                return (list[part.view] if many else part.view) | None  # type: ignore[name-defined]
            if kind not in (str, int, bool, NoneType) and not (isinstance(kind, type) and issubclass(kind, Enum)):
                self._careful[name] = read
                return Any
        if str in members(hint):
            self._texts[name] = read
        return hint

    def to_bytes(self, record: Any, place: Place = ()) -> bytes:
        """Write one record as canonical JSON.

        Args:
            record: Anything, but what is no record of this class is written by the general rules.
            place: Where it stands in its document.

        Raises:
            ManifestError: For a value that canonical JSON cannot hold; the text names its place in the document.
        """
        text = self._plain_bytes(record)
        return self._bytes_by_field(record, place) if text is None else text

    def _plain_bytes(self, record: Any) -> bytes | None:
        """Write the record with all that is in it in one go; None if only the general rules can."""
        values: list[Any] = []
        try:
            self._gather([record], values)
            view = msgspec.convert(record, self.view, from_attributes=True)
            if not all_write_plainly(values, len(_DEEP)):
                self._prepare([view])
            if (text := plain_bytes(view)) is None:
                self._prepare([view], texts=True)
                text = plain_bytes(view)
        except (msgspec.ValidationError, TypeError, RecursionError, ManifestError):
            return None
        return text

    def _gather(self, records: list[Any], values: list[Any]) -> None:
        """Collect the values that msgspec might not write as the rules demand, those of nested records included.

        Raises:
            TypeError: One of them is no record of the class. A view would not show that.
        """
        if not self._kinds.issuperset(map(type, records)):
            raise TypeError
        for read in self._careful.values():
            values += map(read, records)
        for nested in self._nested.values():
            if held := nested.of(records):
                nested.part._gather(held, values)

    def _prepare(self, views: list[Any], *, texts: bool = False) -> None:
        """Bring values into the form that the rules demand where msgspec would write another.

        Those that it would not write plainly; or, for `texts`, those with text that is not NFC.
        """
        for name, read in (self._careful | self._texts if texts else self._careful).items():
            column = [*map(read, views)]
            if texts or not all_write_plainly(column, len(_DEEP)):
                for view, value in zip(views, column, strict=True):
                    if not (plain_bytes(value) if texts else writes_plainly(value, len(_DEEP))):
                        setattr(view, name, _prepared(value))
        for nested in self._nested.values():
            if held := nested.of(views):
                nested.part._prepare(held, texts=texts)

    def _bytes_by_field(self, record: Any, place: Place) -> bytes:
        if not isinstance(record, self.kind):
            return canonical_bytes(record, place)
        fields = (f'"{name}":'.encode() + self._field_bytes(record, name, (*place, name)) for name in self._names)
        return b"{%b}" % b",".join(fields)

    def _field_bytes(self, record: Record, name: str, place: Place) -> bytes:
        value = getattr(record, name)
        nested = self._nested.get(name)
        if nested is None or not value:
            return canonical_bytes(value, place)
        if not isinstance(value, (list, tuple)):
            return nested.part.to_bytes(value, place)
        return b"[%b]" % b",".join(nested.part.to_bytes(item, (*place, index)) for index, item in enumerate(value))


@cache
def _whole(kind: type[Record]) -> Projection:
    return Projection(kind)


def _prepared(value: Any) -> Any:
    normal = normalize(value, _DEEP)
    return normal if writes_plainly(normal, len(_DEEP)) else msgspec.Raw(canonical_bytes(normal, _DEEP))
