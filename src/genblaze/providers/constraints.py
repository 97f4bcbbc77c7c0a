"""Rules between parameters, for `ModelSpec.param_constraints`: functions that raise for a forbidden combination."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from genblaze.errors import ProviderError
from genblaze.models.enums import ProviderErrorCode

__all__ = ["Constraint", "implies", "mutually_exclusive", "required_one_of", "requires_together"]

Constraint: TypeAlias = Callable[[dict[str, Any]], None]
"""Raises `ProviderError` with `INVALID_INPUT` for parameters that do not go together."""


def requires_together(*keys: str) -> Constraint:
    """All of the keys, or none."""

    def check(params: dict[str, Any]) -> None:
        missing = [key for key in keys if key not in params]
        if missing and len(missing) < len(keys):
            msg = f"Parameters {list(keys)} must be supplied together; missing: {missing}"
            raise _refused(msg)

    return check


def mutually_exclusive(*keys: str) -> Constraint:
    """At most one of the keys."""

    def check(params: dict[str, Any]) -> None:
        if sum(key in params for key in keys) > 1:
            msg = f"Parameters {list(keys)} are mutually exclusive; provide only one"
            raise _refused(msg)

    return check


def required_one_of(*keys: str) -> Constraint:
    """At least one of the keys."""

    def check(params: dict[str, Any]) -> None:
        if not any(key in params for key in keys):
            msg = f"At least one of {list(keys)} is required"
            raise _refused(msg)

    return check


def implies(predicate: str, required: str) -> Constraint:
    """Whoever sets `predicate` to anything but False or None also gives `required`."""

    def check(params: dict[str, Any]) -> None:
        if params.get(predicate) and required not in params:
            msg = f"Parameter {required!r} is required when {predicate!r} is set"
            raise _refused(msg)

    return check


def _refused(text: str) -> ProviderError:
    return ProviderError(text, error_code=ProviderErrorCode.INVALID_INPUT)
