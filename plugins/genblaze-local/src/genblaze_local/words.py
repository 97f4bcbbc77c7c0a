"""The words of a prompt, and what they choose."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence


def words_of(text: str, *, without: str = "") -> list[str]:
    """The words in small letters and without accents, except those in `without`."""
    unwanted = set(_words(without))
    return [word for word in _words(text) if word not in unwanted]


def chosen(table: Mapping[str, str], words: Sequence[str]) -> str | None:
    """The first entry of a table that lists one of the words, or None."""
    return next((name for name, triggers in table.items() if not set(triggers.split()).isdisjoint(words)), None)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return re.findall(r"[^\W\d_]+", "".join(char for char in plain if not unicodedata.combining(char)))
