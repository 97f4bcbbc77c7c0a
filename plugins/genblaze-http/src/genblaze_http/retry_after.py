"""How long a vendor asks to wait, in all the forms in which vendors say it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

#: Headers that say when a limit is lifted, as seconds, `6m0s`, an epoch or a date.
RESETS = (
    "x-ratelimit-reset-requests",
    "x-ratelimit-reset-tokens",
    "ratelimit-reset",
    "x-ratelimit-reset",
)
#: Headers that say how much is left of a limit, and when it is lifted.
_LEFT = (
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
    ("ratelimit-remaining", "ratelimit-reset"),
)
_DRAFT = re.compile(r"([a-z]+)\s*=\s*(\d+)")
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_EPOCH = 1_000_000_000.0


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds to wait, or None where the headers do not say; what lies in the past is None.

    `retry-after-ms` goes before `retry-after`, and that before the vendors' reset headers, the longest of which counts.
    """
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None and milliseconds > 0:
        return milliseconds / 1000
    if "retry-after" in headers:
        return waiting_time(headers["retry-after"], now)
    waits = [wait for name in RESETS if name in headers and (wait := waiting_time(headers[name], now)) is not None]
    return max(waits, default=None) or nothing_left(headers, now)


def nothing_left(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds until a limit is lifted of which an answer, good or bad, says that nothing is left; None without one.

    Read are the vendors' pairs of headers, and `RateLimit` with `RateLimit-Policy` as the IETF's draft has them now
    (`"day";r=0;t=30`) and as it had them before (`limit=10, remaining=0, reset=30`).
    """
    waits = [
        waiting_time(headers.get(reset, ""), now)
        for left, reset in _LEFT
        if (number := _number(headers.get(left))) is not None and number <= 0
    ]
    return max((wait for wait in (*waits, *_draft(headers)) if wait), default=None)


def _draft(headers: Mapping[str, str]) -> Iterator[float | None]:
    stated = headers.get("ratelimit", "")
    policies = dict(_items(headers.get("ratelimit-policy", "")))
    for name, facts in _items(stated):
        if facts.get("r") == 0:
            yield facts.get("t") or policies.get(name, {}).get("w")
    before = {key: float(value) for key, value in _DRAFT.findall(stated)}
    if before.get("remaining") == 0:
        yield before.get("reset")


def _items(text: str) -> Iterator[tuple[str, dict[str, float]]]:
    """Name and numbers of each member of a list such as `"burst";q=100;w=60, "day";q=1000;w=86400`."""
    for member in text.split(","):
        name, _, rest = member.partition(";")
        yield name.strip(), {key: float(value) for key, value in _DRAFT.findall(rest)}


def waiting_time(text: str, now: datetime | None = None) -> float | None:
    """Seconds that a value such as `20`, `7.5s`, `6m0s`, an epoch or an HTTP date stands for; None if for none."""
    text = text.strip()
    now = now or datetime.now(UTC)
    seconds = _number(text)
    if seconds is None and text and (match := _DURATION.fullmatch(text)):
        hours, minutes, whole, thousandths = (float(part or 0) for part in match.groups())
        seconds = hours * 3600 + minutes * 60 + whole + thousandths / 1000
    if seconds is None:
        seconds = _until(text, now)
    elif seconds > _EPOCH:
        seconds -= now.timestamp()
    return seconds if seconds is not None and 0 < seconds < float("inf") else None


def _until(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now.timestamp()


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
