"""Numbers, times and verdicts as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from genblaze.models.privacy import REDACTED_PREFIX, is_redacted

if TYPE_CHECKING:
    from datetime import datetime

    from genblaze import Step

__all__ = ["UNKNOWN", "VERDICTS", "clipped", "cost_of", "moment", "money", "prompt_of", "seconds", "size"]

UNKNOWN: Final = "\N{EN DASH}"
"""Stands where nobody knows."""

VERDICTS: Final = {
    "exact": "Verified",
    "essence": "Media unchanged",
    "altered": "Altered",
    "foreign": "Foreign manifest",
    "manifest_altered": "Manifest altered",
    "no_manifest": "No manifest",
    "unreadable": "Unreadable",
    "missing": "Missing",
    "elsewhere": "Elsewhere",
}
"""What each verdict is called on a page, in the order in which they are listed."""

LONGEST_TEXT: Final = 4000
"""Characters of a prompt, a parameter or an error that are shown."""

_MINUTE, _HOUR = 60, 3600
_KIB = 1024


def money(dollars: float | None) -> str:
    """US dollars, with at least the cents; a dash where nobody knows."""
    if dollars is None:
        return UNKNOWN
    whole, _, fraction = f"{dollars:.4f}".rstrip("0").partition(".")
    return f"${whole}.{fraction:<02}"


def clipped(text: str) -> str:
    """A text of a length that people may want to read; what others wrote into a manifest may have megabytes."""
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def cost_of(steps: list[Step]) -> str:
    """The known cost of steps, marked where some of it is not known."""
    known = [step.cost_usd for step in steps if step.cost_usd is not None]
    if not known:
        return UNKNOWN
    return money(sum(known)) if len(known) == len(steps) else f"{money(sum(known))} or more"


def seconds(duration: float | None) -> str:
    """A length of time."""
    if duration is None:
        return UNKNOWN
    if duration < 1:
        return f"{duration * 1000:.0f} ms"
    if duration < _MINUTE:
        return f"{duration:.1f} s"
    if duration < _HOUR:
        return f"{duration // _MINUTE:.0f} min {duration % _MINUTE:02.0f} s"
    return f"{duration // _HOUR:.0f} h {duration % _HOUR // _MINUTE:02.0f} min"


def size(count: int | None) -> str:
    """Bytes."""
    if count is None:
        return UNKNOWN
    if count < _KIB:
        return f"{count} B"
    value = float(count)
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        value /= _KIB
        if value < _KIB or unit == "TiB":
            break
    return f"{value:.1f} {unit}"


def moment(when: datetime | None) -> str:
    """A time in UTC."""
    return UNKNOWN if when is None else f"{when:%Y-%m-%d %H:%M:%S} UTC"


def prompt_of(step: Step) -> tuple[str, bool]:
    """The prompt of a step, and whether it is hidden: then only the beginning of its digest is told."""
    if is_redacted(step.prompt):
        digest = str(step.prompt).removeprefix(REDACTED_PREFIX)
        return f"hidden (sha256 {digest[:12]}…)", True
    return clipped(step.prompt or ""), False
