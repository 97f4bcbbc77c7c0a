"""What all records have in common: the accessors that programs call, and checks at construction."""

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from copy import copy
from datetime import UTC, datetime
from enum import Enum
from functools import partial
from os import PathLike, fspath, urandom
from threading import RLock
from types import UnionType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, Unpack, get_args, get_origin, get_type_hints

import msgspec
from msgspec.structs import FieldInfo, astuple, force_setattr

from genblaze.errors import InvalidValueError
from genblaze.models.selecting import Immaterial, Picked, check_immaterial, defaults_of, picked

__all__ = ["Dumpable", "Record", "copied", "describe", "members", "new_id", "utc_now", "without_checks"]

utc_now = partial(datetime.now, UTC)
"""The current time, in UTC."""

_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}

_unchecked: ContextVar[bool] = ContextVar("genblaze_unchecked", default=False)


def new_id() -> str:
    """Make a random identifier in the form of a version 4 UUID, faster than `str(uuid4())`."""
    digits = urandom(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:]}"


_describing = RLock()
_described: set[Any] = set()


def describe(kind: Any) -> None:
    """Have msgspec look at the fields of the structs in a type, which it otherwise does when it first reads one.

    It is not ready for two threads that do so at once: the second reads by a half-made description, and the process
    ends with a segmentation fault (msgspec 0.22).
    """
    if kind not in _described:
        with _describing:
            msgspec.json.Decoder(kind)
            _described.add(kind)


class without_checks:
    """While this lasts, records are built as they are given: for values whose types a decoder has checked."""

    def __enter__(self) -> None:
        self._token = _unchecked.set(True)

    def __exit__(self, *_: object) -> None:
        _unchecked.reset(self._token)


class LenientConstructor(msgspec.StructMeta):
    """Lets constructors fail and ignore as published programs expect, at the cost of one call."""

    if not TYPE_CHECKING:  # type checkers see msgspec's own signature

        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            try:
                return super().__call__(*args, **kwargs)
            except TypeError as error:
                return cls._retried(error, args, kwargs)

        def _retried(cls, error: TypeError, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            known = {name: value for name, value in kwargs.items() if name in cls.__struct_fields__}
            if cls.__struct_config__.forbid_unknown_fields or len(known) == len(kwargs):
                msg = f"{cls.__name__}: {error}; its fields are {', '.join(cls.__struct_fields__)}"
                raise InvalidValueError(msg) from None
            return cls(*args, **known)

    @property
    def model_fields(cls) -> dict[str, FieldInfo]:
        """The fields by their names, as pydantic's models have them."""
        kind: Any = cls
        return {field.name: field for field in msgspec.structs.fields(kind)}


class Dumpable:
    """Gives a struct the accessors that existing programs call, in the form pydantic gave them."""

    __slots__ = ()
    __struct_fields__: ClassVar[tuple[str, ...]]
    __struct_encode_fields__: ClassVar[tuple[str, ...]]

    _in_process: ClassVar[frozenset[str]] = frozenset()
    """Fields that hold live objects and so are never dumped."""

    def model_dump(
        self,
        *,
        mode: Literal["python", "json"] = "python",
        include: Picked = None,
        exclude: Picked = None,
        exclude_none: bool = False,
        exclude_defaults: bool = False,
        exclude_unset: bool = False,
        **settings: Unpack[Immaterial],
    ) -> dict[str, Any]:
        """Take the record apart into dicts and lists that share nothing with it.

        Args:
            mode: "python" keeps datetimes and enums; "json" gives what JSON can hold, times ending in `Z`.
            include: The fields to dump, if not all; a mapping says which of a nested record, or of the records of a
                list by their index or `"__all__"`: `{"steps": {"__all__": {"prompt"}}}`.
            exclude: The fields to leave out, in the same form.
            exclude_none: Leave out fields that are None, in nested records too.
            exclude_defaults: Leave out fields that have their default, in nested records too.
            exclude_unset: The same: what was set to its default is not told from what was not set.
            settings: What pydantic takes besides; it makes no difference for records.

        Raises:
            InvalidValueError: In "json" mode, for a value that JSON cannot hold.
        """
        check_immaterial(settings)
        whole = _taken_apart(self, exclude_none, exclude_defaults or exclude_unset)
        dump: dict[str, Any] = picked(whole, include, exclude)
        return msgspec.to_builtins(dump, str_keys=True, enc_hook=_as_json) if mode == "json" else dump

    def model_dump_json(self, *, indent: int | None = None, **options: Any) -> str:
        """Write the record as JSON; the other arguments and the errors are those of `model_dump`."""
        dump = self.model_dump(mode="json", **options)
        try:
            text = msgspec.json.encode(dump)
        except OverflowError:  # an integer beyond 64 bits
            from json import dumps

            text = dumps(dump, ensure_ascii=False, separators=(",", ":")).encode()
        return (text if indent is None else msgspec.json.format(text, indent=indent)).decode()

    @classmethod
    def model_validate(cls, obj: Any) -> Self:
        """Build a record from a dict, checking every value.

        Raises:
            InvalidValueError: The text names the class, the place and the type found there.
        """
        if isinstance(obj, cls):
            return obj
        record: Self = _converted(obj, cls, cls.__name__)
        return record

    @classmethod
    def model_validate_json(cls, json_data: str | bytes) -> Self:
        """Build a record from JSON text; raises as `model_validate` does."""
        describe(cls)
        try:
            return msgspec.json.decode(json_data, type=cls, strict=False)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            msg = f"{cls.__name__}: {error}"
            raise InvalidValueError(msg) from None

    @classmethod
    def model_json_schema(cls, **settings: Any) -> dict[str, Any]:
        """Describe the record as JSON Schema; `ref_template` is pydantic's, its other settings make no difference."""
        from genblaze.models.pydantic_schema import json_schema

        return json_schema(cls, settings.get("ref_template", "#/$defs/{model}"))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> dict[str, Any]:
        from genblaze.models.pydantic_schema import core_schema

        return core_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        from genblaze.models.pydantic_schema import flat_schema

        return flat_schema(cls)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy the record.

        Args:
            update: Values for some fields of the copy; not checked.
            deep: Whether nested records, dicts and lists are copied too.
        """
        twin: Self = copied(self) if deep else copy(self)
        for name, value in (update or {}).items():
            _set(twin, name, value)
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.model_copy(deep=True)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), dict(zip(self.__struct_fields__, _values(self), strict=True)))

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Yield pairs of name and value, so that `dict(record)` works."""
        for name, value in zip(self.__struct_fields__, _values(self), strict=True):
            if value is not msgspec.UNSET:
                yield name, value


class Record(Dumpable, msgspec.Struct, metaclass=LenientConstructor, kw_only=True, eq=True):
    """A mutable record: lax and checked when it is built, not when a field is assigned.

    Values are coerced at construction (`duration=3` becomes 3.0, a dict becomes the record it describes) and
    the containers are copied, so that two records never share one.
    """

    def __post_init__(self) -> None:
        if _unchecked.get():
            return
        shape = _shapes.get(type(self)) or _shape_of(type(self))
        values = astuple(self)
        if tuple(map(type, values)) not in shape.known:
            values = shape.coerce(self, values)
        for index, name, settled in shape.containers:
            if (value := values[index]) and type(value) is not str:  # of `str | list[...]`, which is one
                setattr(self, name, settled(value, self, name))
        self._check()

    def _check(self) -> None:
        """Refuse values of the right type that the record cannot mean; overridden by each class.

        Raises:
            InvalidValueError: The text names class, field and rule.
        """


class _Shape:
    """What is known about the fields of one class of records."""

    def __init__(self, kind: type[Record]) -> None:
        hints = get_type_hints(kind)
        self.hints = [(name, hints[name]) for name in kind.__struct_fields__]
        # Signatures (the types of all values) that need no coercion. There are few in practice.
        self.known: set[tuple[type, ...]] = set()
        # The type says nothing about a Literal, so a record with one is coerced every time.
        self._telling = not any(_names_literal(hint) for _, hint in self.hints)
        self.containers = tuple(
            (index, name, settled)
            for index, (name, hint) in enumerate(self.hints)
            if (settled := _settler(hint)) is not None
        )

    def coerce(self, record: Record, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """Give every field a value of its declared type."""
        new = tuple(_coerced(value, hint, record, name) for value, (name, hint) in zip(values, self.hints, strict=True))
        for value, (name, _) in zip(new, self.hints, strict=True):
            setattr(record, name, value)
        if self._telling:
            self.known.add(tuple(map(type, new)))
        return new


_shapes: dict[type, _Shape] = {}


def _shape_of(kind: type[Record]) -> _Shape:
    return _shapes.setdefault(kind, _Shape(kind))


# Typed for structs, which `Dumpable` itself is not.
_values: Callable[[Any], tuple[Any, ...]] = astuple
_set: Callable[[Any, str, Any], None] = force_setattr


def members(hint: Any) -> tuple[Any, ...]:
    """List the alternatives of a type annotation: `int | None` is int and NoneType."""
    return get_args(hint) if isinstance(hint, UnionType) else (hint,)


def _coerced(value: Any, hint: Any, record: Record, name: str) -> Any:
    kinds = members(hint)
    if type(value) in kinds:
        return value
    if isinstance(value, Enum):
        value = value.value  # another one's member, such as a StrEnum for a str
    return _converted(value, hint, f"{type(record).__name__}.{name}")


def _converted(value: Any, hint: Any, where: str) -> Any:
    describe(hint)
    try:
        return msgspec.convert(value, hint, strict=False)
    except (msgspec.ValidationError, RecursionError) as error:
        msg = f"{where} cannot be made from this {type(value).__name__}: {error}"
        raise InvalidValueError(msg) from None


def _names_literal(hint: Any) -> bool:
    return any(get_origin(kind) is Literal for kind in (hint, *get_args(hint)))


def _settler(hint: Any) -> Any:
    """Find how a container field is copied and its content checked; None if it is no container."""
    for kind in members(hint):
        if get_origin(kind) is dict:
            return _settled_dict
        if get_origin(kind) is list:
            element = get_args(kind)[0]
            return partial(_settled_list, object if element is Any else element)
    return None


def _settled_dict(value: dict[Any, Any], record: Record, name: str) -> dict[str, Any]:
    if not (_TEXT_ONLY.issuperset(map(type, value)) or all(isinstance(key, str) for key in value)):
        msg = f"{type(record).__name__}.{name}: keys must be str"
        raise InvalidValueError(msg)
    return dict(value)


def _settled_list(kind: type, value: list[Any], record: Record, name: str) -> list[Any]:
    return [
        item if isinstance(item, kind) else _converted(item, kind, f"{type(record).__name__}.{name}[{index}]")
        for index, item in enumerate(value)
    ]


_TEXT_ONLY = frozenset({str})
_VALUES = frozenset({str, int, float, bool, type(None), datetime})


def copied(value: Any) -> Any:
    """Copy dicts, lists, tuples and records all the way down; anything else is shared, being a value."""
    if type(value) in _VALUES:  # most are
        return value
    if isinstance(value, Dumpable):
        twin = value.__copy__()  # type: ignore[attr-defined]  # structs have it
        for name, item in zip(value.__struct_fields__, _values(value), strict=True):
            if type(item) not in _VALUES and name not in value._in_process:
                _set(twin, name, copied(item))
        return twin
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    if type(value) is tuple:
        return tuple(copied(item) for item in value)
    return value


def _taken_apart(value: Any, exclude_none: bool, exclude_defaults: bool) -> Any:
    if isinstance(value, Dumpable):
        kind: Any = type(value)
        defaults = defaults_of(kind) if exclude_defaults else {}
        return {
            name: _taken_apart(item, exclude_none, exclude_defaults)
            for field, name, item in zip(
                value.__struct_fields__, value.__struct_encode_fields__, _values(value), strict=True
            )
            if item is not msgspec.UNSET
            and not (exclude_none and item is None)
            and not (field in defaults and item == defaults[field]())
            and field not in value._in_process
        }
    if isinstance(value, dict):
        return {key: _taken_apart(item, exclude_none, exclude_defaults) for key, item in value.items()}
    if isinstance(value, list):
        return [_taken_apart(item, exclude_none, exclude_defaults) for item in value]
    if type(value) is tuple:
        return tuple(_taken_apart(item, exclude_none, exclude_defaults) for item in value)
    return value


def _as_json(value: Any) -> Any:
    """Turn an object that msgspec does not know into one that it does."""
    if isinstance(value, PathLike):
        return fspath(value)
    if callable(dump := getattr(value, "model_dump", None)):
        return dump(mode="json")
    msg = f"JSON cannot hold a {type(value).__name__}"
    raise InvalidValueError(msg)


def _rebuilt(kind: type[Dumpable], values: dict[str, Any]) -> Dumpable:
    """Build a record again as it was pickled, assigned values and all."""
    with without_checks():
        return kind(**values)
