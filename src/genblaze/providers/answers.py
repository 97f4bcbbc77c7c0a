"""What a vendor or a registry may answer when it is asked about models, word by word."""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "DEFAULT_TTL_SECONDS",
    "DiscoveryStatus",
    "DiscoverySupport",
    "LiveProbeResult",
    "ProbeStatus",
    "ValidationOutcome",
    "ValidationSource",
]

DEFAULT_TTL_SECONDS = 3600.0
"""How long a vendor's list of models counts as fresh."""


class DiscoverySupport(StrEnum):
    """Whether a vendor lists its models: all of them (`NATIVE`), some, or none."""

    NATIVE = "native"
    PARTIAL = "partial"
    NONE = "none"


class DiscoveryStatus(StrEnum):
    """How asking for the list went."""

    OK = "ok"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"
    STALE = "stale"


class LiveProbeResult(StrEnum):
    """What a vendor says to one model name."""

    LIVE = "live"
    DEAD = "dead"
    UNKNOWN = "unknown"


class ValidationOutcome(StrEnum):
    """How far a model name can be trusted."""

    OK_AUTHORITATIVE = "ok_authoritative"
    OK_PROVISIONAL = "ok_provisional"
    UNKNOWN_PERMISSIVE = "unknown_permissive"
    NOT_FOUND = "not_found"


class ValidationSource(StrEnum):
    """Who said so."""

    USER = "user"
    FAMILY = "family"
    DISCOVERY = "discovery"
    PROBE = "probe"
    FALLBACK = "fallback"


class ProbeStatus(StrEnum):
    """The outcome of the older `probe_model`."""

    OK = "ok"
    NOT_FOUND = "not_found"
    AUTH = "auth"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"
