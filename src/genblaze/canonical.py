"""The one text that equal data always has, and its digest.

The rules are the published format's, because manifests written by either side must verify on the other:
None, bool and int stay; a float is rounded to 10 decimals, NaN and infinities become null; text is NFC; a
`datetime` is its ISO form with `Z` for UTC; a `UUID` is its text; dicts are sorted by key (keys are not
normalised); tuples are lists; an object with `model_dump` is what that returns. The text is what
`json.dumps(..., sort_keys=True, ensure_ascii=False, separators=(",", ":"))` makes of it.

msgspec writes the same bytes many times faster, except for a few values: floats whose text differs
(`1e20` for `1e+20`), integers beyond 64 bits, text that is not NFC, odd types. `writes_plainly` tells
whether a value is free of them; everything else takes the written rules.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from enum import Enum
from hashlib import sha256
from math import isfinite
from typing import Any, Final
from unicodedata import is_normalized
from unicodedata import normalize as _normalize_text
from uuid import UUID

import msgspec

from genblaze.errors import InvalidValueError, ManifestError

__all__ = [
    "MAX_DEPTH",
    "canonical_bytes",
    "canonical_float",
    "canonical_hash",
    "canonical_json",
    "canonical_time",
    "check_canonical",
    "float_writes_plainly",
    "normalize",
    "plain_bytes",
    "writes_plainly",
]

MAX_DEPTH: Final = 100
"""How deep containers may nest; deeper data is refused."""

_FLAT = frozenset({str, int, bool, type(None)})
_TEXT_ONLY = frozenset({str})

# Deterministic: dicts sorted by key; structs keep the order of their fields, which projections sort.
_encode = msgspec.json.Encoder(order="deterministic").encode

# The way to a value, innermost first: `(key, way to its container)`. Spelt out only in an error.
_Where = tuple[str | int, Any] | None


def normalize(value: Any) -> Any:
    """Bring a value into the form that canonical JSON writes.

    Args:
        value: Anything made of None, bool, int, float, str, datetime, UUID, Enum, dict, list, tuple and
            objects with `model_dump`.

    Returns:
        The same data as None, bool, int, float, str, dict and list; the input is left alone.

    Raises:
        ManifestError: For a value that canonical JSON cannot hold; the text names the place and the type.
    """
    return _normalized(value, None, 0)


def _normalized(value: Any, where: _Where, depth: int) -> Any:
    """One value by the written rules, whose order matters: a StrEnum is text, an IntEnum a number."""
    if depth > MAX_DEPTH:
        raise _refusal(where, f"nested deeper than {MAX_DEPTH} levels")
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return canonical_float(value)
    if isinstance(value, str):
        return _normalize_text("NFC", value)
    if isinstance(value, dict):
        return {key: _normalized(value[key], (key, where), depth + 1) for key in _sorted_keys(value, where)}
    if isinstance(value, (list, tuple)):
        return [_normalized(item, (index, where), depth + 1) for index, item in enumerate(value)]
    return _normalized_object(value, where, depth)


def _normalized_object(value: Any, where: _Where, depth: int) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise _refusal(where, "a datetime without a time zone")
        return canonical_time(value)
    if isinstance(value, UUID):
        return str(value)
    if callable(dump := getattr(value, "model_dump", None)):
        return _normalized(dump(), where, depth + 1)
    raise _refusal(where, type(value).__name__)


def canonical_float(value: float) -> float | None:
    """Round to the 10 decimals that canonical JSON keeps; None for NaN and the infinities."""
    return round(float(value), 10) if isfinite(value) else None


def canonical_time(value: datetime) -> str:
    """Write a time as canonical JSON does: ISO 8601, `Z` for UTC, microseconds only where there are any."""
    text = value.isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def _sorted_keys(value: dict[Any, Any], where: _Where) -> list[Any]:
    try:
        return sorted(value)
    except TypeError:
        kinds = ", ".join(sorted({type(key).__name__ for key in value}))
        raise _refusal(where, f"a dict with keys that have no common order ({kinds})") from None


def _refusal(where: _Where, what: str) -> ManifestError:
    return ManifestError(f"canonical JSON cannot hold {_spelt(where) or 'the value'}: {what}")


def _spelt(where: _Where) -> str:
    """Write a place as people do: `params.size[2]`."""
    parts: list[str] = []
    while where is not None:
        key, where = where
        parts.append(f"[{key}]" if isinstance(key, int) else f".{key}")
    return "".join(reversed(parts)).removeprefix(".")


def writes_plainly(value: Any, depth: int = 0) -> bool:
    """Tell whether msgspec writes this value as the rules demand, up to the NFC of its text.

    Exact types only: a subclass may write itself differently.
    """
    kind = type(value)
    if kind is dict:
        if not _TEXT_ONLY.issuperset(map(type, value)):
            return False
        return depth < MAX_DEPTH and _all_write_plainly(value.values(), depth + 1)
    if kind is list:
        return depth < MAX_DEPTH and _all_write_plainly(value, depth + 1)
    return kind in _FLAT or (kind is float and float_writes_plainly(value))


def _all_write_plainly(values: Collection[Any], depth: int) -> bool:
    if _FLAT.issuperset(map(type, values)):
        return True
    for value in values:
        kind = type(value)
        if kind is float:
            if not float_writes_plainly(value):
                return False
        elif kind not in _FLAT and not writes_plainly(value, depth):
            return False
    return True


def float_writes_plainly(value: float) -> bool:
    """Tell whether a float needs no rounding and both writers choose the same notation for it."""
    return value == 0.0 or (1e-4 <= abs(value) < 1e16 and round(value, 10) == value)


def plain_bytes(value: Any) -> bytes | None:
    """Encode what `writes_plainly` passed; None if it turns out to need the written rules after all."""
    try:
        text = _encode(value)
    except (OverflowError, ValueError, RecursionError):  # huge integers, surrogates, depth
        return None
    # A text is NFC exactly if all its substrings are, so one look at the whole settles every string in it.
    return text if text.isascii() or is_normalized("NFC", text.decode()) else None


def canonical_bytes(data: Any, *, depth: int = 0) -> bytes:
    """Write the data as canonical JSON, in UTF-8.

    Args:
        data: What `normalize` takes.
        depth: How deep in its document the data will stand, where only a part of one is written.

    Raises:
        ManifestError: For a value that canonical JSON cannot hold; the text names the place and the type.
    """
    if writes_plainly(data, depth) and (text := plain_bytes(data)) is not None:
        return text
    return _written(_normalized(data, None, depth))


def _written(normal: Any) -> bytes:
    try:
        text = json.dumps(normal, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode()
    except UnicodeEncodeError:
        place = _surrogate_place(normal, None)
        raise _refusal(place, "text with a lone surrogate") from None
    except (TypeError, ValueError) as error:
        # A key of an odd type, the odd value of an Enum, an integer of more digits than Python prints.
        msg = f"canonical JSON cannot hold the value: {error}"
        raise ManifestError(msg) from None


def _surrogate_place(value: Any, where: _Where) -> _Where:
    """Find the text that UTF-8 cannot hold; None if it is the value itself or a key."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        if isinstance(item, str) and _has_surrogate(item):
            return key, where
        if (found := _surrogate_place(item, (key, where))) is not None:
            return found
    return None


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def canonical_json(data: Any) -> str:
    """Write the data as canonical JSON; raises as `canonical_bytes` does."""
    return canonical_bytes(data).decode()


def canonical_hash(data: Any) -> str:
    """Give the lowercase hexadecimal SHA-256 of the canonical JSON; raises as `canonical_bytes` does."""
    return sha256(canonical_bytes(data)).hexdigest()


def check_canonical(value: Any, where: str) -> None:
    """Refuse what canonical JSON cannot hold, as soon as it is declared.

    Args:
        value: The value that is to enter a manifest.
        where: What the user calls it, such as `params`.

    Raises:
        InvalidValueError: The text names the place, `params.size[2]`, and the type found there.
    """
    try:
        canonical_bytes({where: value})
    except ManifestError as error:
        msg = (
            f"{error}; a manifest holds None, bool, int, float, str, datetime with a time zone, UUID, "
            "and dicts and lists of them"
        )
        raise InvalidValueError(msg) from None
