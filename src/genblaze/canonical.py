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
from datetime import datetime
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from itertools import chain
from math import isfinite
from typing import Any, Final
from unicodedata import is_normalized
from unicodedata import normalize as _normalize_text
from uuid import UUID

import msgspec

from genblaze.errors import InvalidValueError, ManifestError

__all__ = [
    "MAX_DEPTH",
    "all_write_plainly",
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

_CONTAINERS = frozenset({dict, list})
_PLAIN = _CONTAINERS | {str, int, bool, float, type(None)}
_TEXT_ONLY = frozenset({str})
_DICTS_ONLY = frozenset({dict})
# More values than this at one level are left to the written rules, which go depth first: a list that holds itself
# twice doubles with every level.
_WIDEST_LEVEL = 1_000_000

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
    """Tell whether msgspec writes this value as the rules demand, up to the NFC of its text."""
    return all_write_plainly([value], depth)


def all_write_plainly(values: list[Any], depth: int = 0) -> bool:
    """Tell whether msgspec writes all these values, each `depth` deep in its document, as `writes_plainly` asks.

    They are looked at level by level, because that leaves nearly all the work to loops that Python runs in C.
    Exact types only: a subclass may write itself differently.
    """
    while len(values) <= _WIDEST_LEVEL:
        kinds = set(map(type, values))
        if not kinds <= _PLAIN:
            return False
        if float in kinds and not all(map(float_writes_plainly, {value for value in values if type(value) is float})):
            return False
        if kinds.isdisjoint(_CONTAINERS):
            return True
        if depth >= MAX_DEPTH:
            return False
        dicts = values if kinds == _DICTS_ONLY else [value for value in values if type(value) is dict]
        if not _TEXT_ONLY.issuperset(map(type, chain.from_iterable(dicts))):
            return False
        lists = [value for value in values if type(value) is list] if list in kinds else ()
        values = [*chain.from_iterable(map(dict.values, dicts)), *chain.from_iterable(lists)]
        depth += 1
    return False


# The same few floats, such as 7.5, return again and again, and rounding is slow.
@lru_cache(4096)
def float_writes_plainly(value: float) -> bool:
    """Tell whether a float needs no rounding and both writers choose the same notation for it."""
    return value == 0.0 or (1e-4 <= abs(value) < 1e16 and round(value, 10) == value)


def plain_bytes(value: Any) -> bytes | None:
    """Encode what `writes_plainly` passed; None if it turns out to need the written rules after all."""
    try:
        text = _encode(value)
    except (OverflowError, ValueError, TypeError, RecursionError):  # huge integers, surrogates, odd types, depth
        return None
    return text if text.isascii() or _is_nfc(text.decode()) else None


def _is_nfc(text: str) -> bool:
    """Tell whether all strings in a JSON text are NFC: they are if the whole is, for quotes compose with nothing."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return is_normalized("NFC", text)
    return True  # no character of Latin-1 composes or decomposes; finding that out is ten times faster


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
