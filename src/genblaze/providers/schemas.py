"""What a parameter's value may be: checks that refuse it before anything is paid."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeAlias

from genblaze.errors import ProviderError
from genblaze.models.enums import ProviderErrorCode

__all__ = ["ArraySchema", "BoolSchema", "EnumSchema", "FloatSchema", "IntSchema", "ParamSchema", "StringSchema"]


@dataclass(frozen=True, slots=True)
class IntSchema:
    """A whole number, from `min` to `max`, or one of `enum`."""

    min: int | None = None
    max: int | None = None
    enum: frozenset[int] | None = None

    def validate(self, key: str, value: Any) -> None:
        """Refuse a value; raises `ProviderError` with `INVALID_INPUT`."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise _refused(key, f"expected int, got {type(value).__name__}")
        _check_member(key, value, self.enum)
        _check_range(key, "", value, self.min, self.max)


@dataclass(frozen=True, slots=True)
class FloatSchema:
    """A number from `min` to `max`."""

    min: float | None = None
    max: float | None = None

    def validate(self, key: str, value: Any) -> None:
        """Refuse a value; raises `ProviderError` with `INVALID_INPUT`."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _refused(key, f"expected number, got {type(value).__name__}")
        if value != value:
            raise _refused(key, "must be a number, not NaN")
        _check_range(key, "", value, self.min, self.max)


@dataclass(frozen=True, slots=True)
class StringSchema:
    """Text of a length, one of `enum`, or beginning with what the regular expression `pattern` matches."""

    min_len: int | None = None
    max_len: int | None = None
    enum: frozenset[str] | None = None
    pattern: str | None = None

    def validate(self, key: str, value: Any) -> None:
        """Refuse a value; raises `ProviderError` with `INVALID_INPUT`."""
        if not isinstance(value, str):
            raise _refused(key, f"expected string, got {type(value).__name__}")
        _check_member(key, value, self.enum)
        _check_range(key, "length ", len(value), self.min_len, self.max_len)
        if self.pattern is not None and re.match(self.pattern, value) is None:
            raise _refused(key, f"must match pattern {self.pattern!r}")


@dataclass(frozen=True, slots=True)
class EnumSchema:
    """One of `values`, of whatever type."""

    values: frozenset[Any]

    def validate(self, key: str, value: Any) -> None:
        """Refuse a value; raises `ProviderError` with `INVALID_INPUT`."""
        _check_member(key, value, self.values)


@dataclass(frozen=True, slots=True)
class BoolSchema:
    """True or False."""

    def validate(self, key: str, value: Any) -> None:
        """Refuse a value; raises `ProviderError` with `INVALID_INPUT`."""
        if not isinstance(value, bool):
            raise _refused(key, f"expected bool, got {type(value).__name__}")


@dataclass(frozen=True, slots=True)
class ArraySchema:
    """A list of a length, each element as the schema `item` has it."""

    min_len: int | None = None
    max_len: int | None = None
    item: Any | None = None

    def validate(self, key: str, value: Any) -> None:
        """Refuse a value; raises `ProviderError` with `INVALID_INPUT`."""
        if not isinstance(value, list):
            raise _refused(key, f"expected list, got {type(value).__name__}")
        _check_range(key, "length ", len(value), self.min_len, self.max_len)
        for index, element in enumerate(value if self.item is not None else ()):
            self.item.validate(f"{key}[{index}]", element)  # type: ignore[union-attr]  # the loop is empty for None


ParamSchema: TypeAlias = IntSchema | FloatSchema | StringSchema | EnumSchema | BoolSchema | ArraySchema
"""Any of the schemas."""


def _refused(key: str, why: str) -> ProviderError:
    return ProviderError(f"Invalid parameter {key!r}: {why}", error_code=ProviderErrorCode.INVALID_INPUT)


def _check_member(key: str, value: Any, allowed: Collection[Any] | None) -> None:
    if allowed is not None and not any(value == each for each in allowed):
        raise _refused(key, f"must be one of {sorted(allowed, key=str)}")


def _check_range(key: str, what: str, value: float, low: float | None, high: float | None) -> None:
    if low is not None and value < low:
        raise _refused(key, f"{what}must be >= {low}")
    if high is not None and value > high:
        raise _refused(key, f"{what}must be <= {high}")
