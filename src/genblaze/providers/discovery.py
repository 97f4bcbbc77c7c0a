"""Which models a vendor says it has, and what checking one model found."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

from genblaze.providers.answers import (
    DEFAULT_TTL_SECONDS,
    DiscoveryStatus,
    DiscoverySupport,
    LiveProbeResult,
    ProbeStatus,
    ValidationOutcome,
    ValidationSource,
)

__all__ = [
    "DEFAULT_TTL_SECONDS",
    "DiscoveryResult",
    "DiscoveryStatus",
    "DiscoverySupport",
    "LiveProbeResult",
    "ProbeResult",
    "ProbeStatus",
    "ValidationOutcome",
    "ValidationResult",
    "ValidationSource",
]


@dataclass(frozen=True, slots=True)
class DiscoveryResult:
    """A vendor's list of models.

    Attributes:
        slugs: The models' names.
        fetched_at: `time.monotonic()` of the answer.
        source_url: Where it came from.
        detail: What went wrong, if something did.
    """

    status: DiscoveryStatus
    slugs: frozenset[str] = frozenset()
    fetched_at: float | None = None
    source_url: str | None = None
    detail: str | None = None

    @classmethod
    def ok(
        cls, slugs: frozenset[str] | set[str] | tuple[str, ...], *, source_url: str | None = None
    ) -> DiscoveryResult:
        """A list, just fetched."""
        return cls(DiscoveryStatus.OK, frozenset(slugs), monotonic(), source_url)

    @classmethod
    def failed(cls, detail: str, *, source_url: str | None = None) -> DiscoveryResult:
        """The vendor could not be asked."""
        return cls(DiscoveryStatus.FAILED, source_url=source_url, detail=detail)

    @classmethod
    def unsupported(cls, *, detail: str | None = None) -> DiscoveryResult:
        """The vendor has no list."""
        return cls(DiscoveryStatus.UNSUPPORTED, detail=detail)


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """What checking one model name found.

    Attributes:
        family_name: The family that matched it.
        suggested_slugs: Names that look like it.
    """

    outcome: ValidationOutcome
    source: ValidationSource
    family_name: str | None = None
    detail: str | None = None
    suggested_slugs: tuple[str, ...] = ()

    @property
    def is_ok(self) -> bool:
        """Whether somebody knows the model."""
        return self.outcome in (ValidationOutcome.OK_AUTHORITATIVE, ValidationOutcome.OK_PROVISIONAL)

    @property
    def is_terminal_failure(self) -> bool:
        """Whether the vendor certainly does not have it."""
        return self.outcome == ValidationOutcome.NOT_FOUND

    @classmethod
    def ok_authoritative(
        cls, source: ValidationSource, *, family_name: str | None = None, detail: str | None = None
    ) -> ValidationResult:
        """The user or the vendor says that it is there."""
        return cls(ValidationOutcome.OK_AUTHORITATIVE, source, family_name, detail)

    @classmethod
    def ok_provisional(cls, *, family_name: str, detail: str | None = None) -> ValidationResult:
        """It looks like a model of a known family."""
        return cls(ValidationOutcome.OK_PROVISIONAL, ValidationSource.FAMILY, family_name, detail)

    @classmethod
    def unknown_permissive(cls, *, detail: str | None = None) -> ValidationResult:
        """Nobody knows it, so it passes."""
        return cls(ValidationOutcome.UNKNOWN_PERMISSIVE, ValidationSource.FALLBACK, detail=detail)

    @classmethod
    def not_found(
        cls,
        source: ValidationSource,
        *,
        family_name: str | None = None,
        detail: str | None = None,
        suggested_slugs: tuple[str, ...] = (),
    ) -> ValidationResult:
        """The vendor does not have it."""
        return cls(ValidationOutcome.NOT_FOUND, source, family_name, detail, suggested_slugs)


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What the older `probe_model` found."""

    status: ProbeStatus
    detail: str | None = None

    @property
    def is_failure(self) -> bool:
        """Whether the vendor certainly does not have the model."""
        return self.status == ProbeStatus.NOT_FOUND

    @classmethod
    def ok(cls, detail: str | None = None) -> ProbeResult:
        """It is there."""
        return cls(ProbeStatus.OK, detail)

    @classmethod
    def not_found(cls, detail: str | None = None) -> ProbeResult:
        """It is not there."""
        return cls(ProbeStatus.NOT_FOUND, detail)

    @classmethod
    def auth(cls, detail: str | None = None) -> ProbeResult:
        """The vendor refused the credentials."""
        return cls(ProbeStatus.AUTH, detail)

    @classmethod
    def skipped(cls, detail: str | None = None) -> ProbeResult:
        """Nobody was asked."""
        return cls(ProbeStatus.SKIPPED, detail)

    @classmethod
    def unknown(cls, detail: str | None = None) -> ProbeResult:
        """No answer."""
        return cls(ProbeStatus.UNKNOWN, detail)
