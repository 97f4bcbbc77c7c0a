"""How long a vendor asks to wait, in all the forms in which vendors say it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

#: Headers that say when a limit is lifted, as seconds, `6m0s`, an epoch or a date.
RESETS = (
    "x-ratelimit-reset-requests",
    "x-ratelimit-reset-tokens",
    "ratelimit-reset",
    "x-ratelimit-reset",
)
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
    return max(waits, default=None)


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
