"""Text from files and vendors on a terminal: shown, never obeyed."""

from __future__ import annotations

__all__ = ["printable"]


def printable(text: object) -> str:
    r"""`text` with every control character (escape sequences, line breaks …) written as `\\x1b` and the like."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in str(text))
