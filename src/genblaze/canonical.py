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
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from itertools import chain, repeat
from math import isfinite
from types import NoneType
from typing import Any, Final
from unicodedata import is_normalized
from unicodedata import normalize as _normalize_text
from uuid import UUID

import msgspec

from genblaze.errors import InvalidValueError, ManifestError

__all__ = [
    "MAX_DEPTH",
    "Place",
    "all_write_plainly",
    "canonical_bytes",
    "canonical_hash",
    "canonical_json",
    "check_canonical",
    "normalize",
    "plain_bytes",
    "writes_plainly",
]

MAX_DEPTH: Final = 100
"""How deep containers may nest; deeper data is refused."""

_SCALARS = frozenset({str, int, bool, NoneType})
_PLAIN = _SCALARS | {float, datetime, dict, list}
_TEXT_ONLY = frozenset({str})
# From this many values on it pays to look at them together. More than so many are left to the written rules, which go
# depth first: a list that holds itself twice doubles with every level.
_MANY, _TOO_MANY = 16, 1_000_000

_PIECE = 100_000

# Deterministic: dicts sorted by key; structs keep the order of their fields, which projections sort.
_encode = msgspec.json.Encoder(order="deterministic").encode

Place = tuple[str | int, ...]
"""The way from a document to a value in it: keys and positions. Its length is the depth."""


def normalize(value: Any, place: Place = ()) -> Any:
    """Bring a value into the form that canonical JSON writes.

    Args:
        value: Anything made of None, bool, int, float, str, datetime, UUID, Enum, dict, list, tuple and
            objects with `model_dump`.
        place: Where in its document the value stands, if it is only a part of one.

    Returns:
        The same data as None, bool, int, float, str, dict and list; the input is left alone.

    Raises:
        ManifestError: For a value that canonical JSON cannot hold; the text names the place and the type.
    """
    if len(place) > MAX_DEPTH:
        raise _refusal(place, f"nested deeper than {MAX_DEPTH} levels")
    # By the written rules, whose order matters: a StrEnum is text, an IntEnum a number.
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return _rounded(value)
    if isinstance(value, str):
        return _normalize_text("NFC", value)
    if isinstance(value, dict):
        return {key: normalize(value[key], (*place, key)) for key in _sorted_keys(value, place)}
    if isinstance(value, (list, tuple)):
        return [normalize(item, (*place, index)) for index, item in enumerate(value)]
    return _normalized_object(value, place)


def _normalized_object(value: Any, place: Place) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise _refusal(place, "a datetime without a time zone")
        return _written_time(value)
    if isinstance(value, UUID):
        return str(value)
    if callable(dump := getattr(value, "model_dump", None)):
        return normalize(dump(), (*place, "model_dump()"))
    raise _refusal(place, type(value).__name__)


def _rounded(value: float) -> float | None:
    """Round to the 10 decimals that canonical JSON keeps; None for NaN and the infinities."""
    return round(float(value), 10) if isfinite(value) else None


def _written_time(value: datetime) -> str:
    """Write a time as canonical JSON does: ISO 8601, `Z` for UTC, microseconds only where there are any."""
    text = value.isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def _sorted_keys(value: dict[Any, Any], place: Place) -> list[Any]:
    try:
        return sorted(value)
    except TypeError:
        kinds = ", ".join(sorted({type(key).__name__ for key in value}))
        raise _refusal(place, f"a dict with keys that have no common order ({kinds})") from None


def _refusal(place: Place, what: str) -> ManifestError:
    return ManifestError(f"canonical JSON cannot hold {_spelt(place) or 'the value'}: {what}")


def _spelt(place: Place) -> str:
    """Write a place as people do: `params.size[2]`."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place).removeprefix(".")


def writes_plainly(value: Any, depth: int = 0) -> bool:
    """Tell whether msgspec writes this value as the rules demand, up to the NFC of its text.

    Exact types only: a subclass may write itself differently.
    """
    kind = type(value)
    if kind in _SCALARS:
        return True
    if kind is float:
        return _float_writes_plainly(value)
    if kind is datetime:
        return _is_utc(value)
    if depth >= MAX_DEPTH:
        return False
    if kind is dict:
        return _are_text(value) and all(map(writes_plainly, value.values(), repeat(depth + 1)))
    return kind is list and all(map(writes_plainly, value, repeat(depth + 1)))


def all_write_plainly(values: Collection[Any], depth: int = 0) -> bool:
    """Tell whether msgspec writes all these values, each `depth` deep in its document, as `writes_plainly` asks.

    Many are looked at together, because that leaves nearly all the work to loops that Python runs in C.
    """
    if len(values) < _MANY:
        return all(map(writes_plainly, values, repeat(depth)))
    kinds = set(map(type, values))
    if kinds <= _SCALARS:
        return True
    if not kinds <= _PLAIN or depth >= MAX_DEPTH or len(values) > _TOO_MANY:
        return False
    values = [*filter(None, values)]  # of these types, all that is false is written plainly
    if float in kinds and not all(map(_float_writes_plainly, {value for value in values if type(value) is float})):
        return False
    if datetime in kinds and not all(_is_utc(value) for value in values if type(value) is datetime):
        return False
    dicts = [value for value in values if type(value) is dict]
    lists = [value for value in values if type(value) is list] if list in kinds else ()
    return _dicts_write_plainly(dicts, depth) and all_write_plainly([*chain.from_iterable(lists)], depth + 1)


def _dicts_write_plainly(dicts: list[dict[Any, Any]], depth: int) -> bool:
    """Where all have as many keys, and so most likely the same, the values of one key are most often of one type."""
    if not _are_text(set(chain.from_iterable(dicts))):
        return False
    contents = map(dict.values, dicts)
    if len(set(map(len, dicts))) == 1:
        return all(map(all_write_plainly, zip(*contents, strict=True), repeat(depth + 1)))
    return all_write_plainly([*chain.from_iterable(contents)], depth + 1)


def _are_text(keys: Iterable[Any]) -> bool:
    return _TEXT_ONLY.issuperset(map(type, keys))


def _is_utc(value: datetime) -> bool:
    return value.tzinfo is UTC


# The same few floats, such as 7.5, return again and again, and rounding is slow.
@lru_cache(4096)
def _float_writes_plainly(value: float) -> bool:
    """Tell whether a float needs no rounding and both writers choose the same notation for it."""
    return value == 0.0 or (1e-4 <= abs(value) < 1e16 and round(value, 10) == value)


def plain_bytes(value: Any) -> bytes | None:
    """Encode what `writes_plainly` passed; None if it turns out to need the written rules after all."""
    try:
        text = _encode(value)
    except (OverflowError, ValueError, TypeError, RecursionError):  # huge integers, surrogates, odd types, depth
        return None
    return text if text.isascii() or _is_nfc(text) else None


def _is_nfc(text: bytes) -> bool:
    """Tell whether all strings in a JSON text are NFC: they are if the whole is, for quotes compose with nothing.

    No character of Latin-1 composes or decomposes, and finding out that there are no others is ten times faster. That
    is done piece by piece, for memory that the system has to provide costs more; a character on the border of two
    pieces, of four bytes at most, is whole in the first.
    """
    try:
        for start in range(0, len(text), _PIECE):
            text[start : start + _PIECE + 3].decode(errors="ignore").encode("latin-1")
    except UnicodeEncodeError:
        return is_normalized("NFC", text.decode())
    return True


def canonical_bytes(data: Any, place: Place = ()) -> bytes:
    """Write the data as canonical JSON, in UTF-8.

    Args:
        data: What `normalize` takes.
        place: Where in its document the data will stand, where only a part of one is written.

    Raises:
        ManifestError: For a value that canonical JSON cannot hold; the text names the place and the type.
    """
    if writes_plainly(data, len(place)) and (text := plain_bytes(data)) is not None:
        return text
    return _written(normalize(data, place), place)


def _written(normal: Any, place: Place) -> bytes:
    try:
        text = json.dumps(normal, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode()
    except UnicodeEncodeError:
        raise _refusal(_surrogate_place(normal, place) or place, "text with a lone surrogate") from None
    except (TypeError, ValueError) as error:
        # A key of an odd type, the odd value of an Enum, an integer of more digits than Python prints.
        raise _refusal(place, str(error)) from None


def _surrogate_place(value: Any, place: Place) -> Place | None:
    """Find the text that UTF-8 cannot hold; None if it is the value itself or a key."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        if isinstance(item, str) and _has_surrogate(item):
            return (*place, key)
        if (found := _surrogate_place(item, (*place, key))) is not None:
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
