"""Which fields of a record a dump has: pydantic's `include`, `exclude` and `exclude_defaults`."""

from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any, TypeAlias, TypedDict

import msgspec

Picked: TypeAlias = Collection[str] | Mapping[Any, Any] | None
"""Names of fields, or a mapping that says for each which of its own; items of a list go by index or `"__all__"`."""

_WHOLE = (True, ..., None)


class Immaterial(TypedDict, total=False):
    """Settings of pydantic's dumps that make no difference for records, which have neither aliases nor serialisers."""

    by_alias: bool | None
    round_trip: bool
    warnings: Any
    context: Any
    fallback: Any
    serialize_as_any: bool
    exclude_computed_fields: bool


def check_immaterial(settings: Immaterial) -> None:
    """Refuse a misspelt setting.

    Raises:
        TypeError: Pydantic has no such setting.
    """
    for name in settings:
        if name not in Immaterial.__annotations__:
            msg = f"model_dump() got an unexpected keyword argument {name!r}"
            raise TypeError(msg)


def picked(dump: Any, include: Picked, exclude: Picked) -> Any:
    """What is left of a record that was taken apart, or of a part of it."""
    if include is None and exclude is None:
        return dump
    if isinstance(dump, dict):
        return {key: part for key, value in dump.items() for part in _part(value, key, include, exclude)}
    if isinstance(dump, list):
        return [part for at, value in enumerate(dump) for part in _part(value, at, include, exclude)]
    return dump


def _part(value: Any, key: Any, include: Picked, exclude: Picked) -> list[Any]:
    """The value under one key with what its own part of the rules leaves; nothing where it is not wanted."""
    if include is not None and not _names(include, key):
        return []
    if exclude is not None and _names(exclude, key) and _rule(exclude, key) in _WHOLE:
        return []
    wanted = None if include is None else _rule(include, key)
    unwanted = None if exclude is None else _rule(exclude, key)
    return [picked(value, *(None if rule in _WHOLE else rule for rule in (wanted, unwanted)))]


def _names(rules: Any, key: Any) -> bool:
    return key in rules or (isinstance(key, int) and "__all__" in rules)


def _rule(rules: Any, key: Any) -> Any:
    return rules.get(key, rules.get("__all__")) if isinstance(rules, Mapping) else None


@cache
def defaults_of(kind: Any) -> dict[str, Callable[[], Any]]:
    """For each field of a class of records that has a default: what makes it."""
    made: dict[str, Callable[[], Any]] = {}
    for field in msgspec.structs.fields(kind):
        if field.default is not msgspec.NODEFAULT:
            made[field.name] = lambda value=field.default: value  # type: ignore[misc]
        elif field.default_factory is not msgspec.NODEFAULT:
            made[field.name] = field.default_factory
    return made
