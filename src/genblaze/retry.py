"""How often and how patiently a failed call is repeated."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from genblaze.errors import InvalidValueError
from genblaze.models.enums import RETRYABLE_ERROR_CODES, ProviderErrorCode

if TYPE_CHECKING:
    from genblaze.models.step import Step

JitterStrategy = Literal["full", "equal", "none"]
IdempotencyStrategy = Literal["step_id", "uuid_per_attempt", "none"]

#: The longest a server's Retry-After is obeyed, in seconds.
MAX_RETRY_AFTER_SEC = 120.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """One budget of attempts for a step, over submitting, polling and fetching together.

    Attributes:
        max_attempts: Attempts in total, at least 1.
        initial_backoff_sec: Seconds before the second attempt, before jitter.
        max_backoff_sec: Upper bound of the backoff, in seconds.
        backoff_multiplier: Growth of the backoff from attempt to attempt.
        jitter: `full` draws from 0 to the backoff, `equal` from half of it, `none` waits exactly so long.
        respect_retry_after: Let the server's Retry-After replace the backoff (at most 120 s).
        retryable_codes: Error codes worth another attempt.
        idempotency_key_strategy: What is sent as idempotency key where the vendor takes one.
        resend_uncertain: Submit again although the first request may have been accepted (and billed).
    """

    max_attempts: int = 6
    initial_backoff_sec: float = 1.0
    max_backoff_sec: float = 30.0
    backoff_multiplier: float = 2.0
    jitter: JitterStrategy = "full"
    respect_retry_after: bool = True
    retryable_codes: frozenset[ProviderErrorCode] = RETRYABLE_ERROR_CODES
    idempotency_key_strategy: IdempotencyStrategy = "step_id"
    resend_uncertain: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            InvalidValueError: For a number out of range or an unknown strategy.
        """
        problem = None
        if self.max_attempts < 1:
            problem = f"max_attempts must be at least 1, not {self.max_attempts}"
        elif self.initial_backoff_sec < 0 or self.max_backoff_sec < 0:
            problem = "backoff seconds must not be negative"
        elif self.backoff_multiplier < 1:
            problem = f"backoff_multiplier must be at least 1, not {self.backoff_multiplier}"
        elif self.jitter not in ("full", "equal", "none"):
            problem = f"jitter must be 'full', 'equal' or 'none', not {self.jitter!r}"
        elif self.idempotency_key_strategy not in ("step_id", "uuid_per_attempt", "none"):
            problem = f"unknown idempotency_key_strategy {self.idempotency_key_strategy!r}"
        if problem:
            msg = f"RetryPolicy: {problem}"
            raise InvalidValueError(msg)

    @classmethod
    def conservative(cls) -> RetryPolicy:
        """Two attempts, 2 s base, 60 s cap: for expensive work such as video."""
        return cls(max_attempts=2, initial_backoff_sec=2.0, max_backoff_sec=60.0)

    @classmethod
    def aggressive(cls) -> RetryPolicy:
        """Seven attempts, 0.5 s base, 15 s cap; sends again even when the outcome is uncertain."""
        return cls(max_attempts=7, initial_backoff_sec=0.5, max_backoff_sec=15.0, resend_uncertain=True)

    @classmethod
    def disabled(cls) -> RetryPolicy:
        """One attempt: failures surface at once."""
        return cls(max_attempts=1, retryable_codes=frozenset())

    def with_attempts(self, attempts: int) -> RetryPolicy:
        """This policy with another number of attempts, and retryable codes if it had none."""
        return replace(self, max_attempts=attempts, retryable_codes=self.retryable_codes or RETRYABLE_ERROR_CODES)

    def should_retry(self, error_code: ProviderErrorCode | None, attempt: int) -> bool:
        """Whether another attempt may follow attempt number `attempt` (from 1) that failed with `error_code`."""
        return attempt < self.max_attempts and error_code in self.retryable_codes

    def compute_delay(self, attempt: int, retry_after: float | None = None) -> float:
        """Seconds to wait after attempt number `attempt` (from 1)."""
        if retry_after is not None and self.respect_retry_after:
            return min(max(retry_after, 0.0), MAX_RETRY_AFTER_SEC)
        backoff = min(self.initial_backoff_sec * self._growth(attempt), self.max_backoff_sec)
        if self.jitter == "full":
            return random.uniform(0.0, backoff)  # noqa: S311 - spreads load, guards nothing
        if self.jitter == "equal":
            return backoff / 2 + random.uniform(0.0, backoff / 2)  # noqa: S311 - as above
        return backoff

    def _growth(self, attempt: int) -> float:
        try:
            return self.backoff_multiplier ** max(attempt - 1, 0)
        except OverflowError:
            return float("inf") if self.initial_backoff_sec else 0.0

    def make_idempotency_key(self, step: Step) -> str | None:
        """The key for a vendor that recognises repeated requests, or None."""
        if self.idempotency_key_strategy == "none":
            return None
        return step.step_id if self.idempotency_key_strategy == "step_id" else str(uuid4())
