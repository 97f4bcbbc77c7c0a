"""The vendor that is played: it takes jobs, works on them in threads, tells progress and fails as it was told to."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import TypeAlias
from uuid import uuid4

from genblaze.errors import InvalidValueError, ProviderError
from genblaze.models import Asset, ProviderErrorCode

#: Ended jobs that can still be asked for; older ones are forgotten.
MAX_ENDED_JOBS = 1000
_MINUTE = 60.0


class JobCancelledError(Exception):
    """Nobody wants the job any more; raised inside its work."""


class LocalJob:
    """One job at work.

    Attributes:
        job_id: What the vendor calls it.
        latency: Seconds it takes at least.
        fraction: How much of the work is done, 0.0 to 1.0.
        message: What is being done.
        asset: The output, once it is there.
        error: What went wrong, if anything did.
    """

    def __init__(self, work: Work, latency: float) -> None:
        self.job_id = f"local-{uuid4()}"
        self.fraction = 0.0
        self.message = "queued"
        self.asset: Asset | None = None
        self.error: ProviderError | None = None
        self._work = work
        self.latency = latency
        self._started = monotonic()
        self._cancelled = threading.Event()
        self._ended = threading.Event()
        self._stop: Callable[[], object] | None = None

    @property
    def ended(self) -> bool:
        """Whether there is an outcome, good or bad."""
        return self._ended.is_set()

    def tell(self, fraction: float, message: str) -> None:
        """Say how far the work is; called by the work, often.

        The job's latency is spread over its progress: whoever is ahead of it waits here.

        Raises:
            JobCancelledError: Nobody wants the job any more.
        """
        self.fraction, self.message = fraction, message
        due = self._started + self.latency * fraction
        if self._cancelled.wait(max(0.0, due - monotonic())):
            raise JobCancelledError

    def check(self) -> None:
        """Stop the work here if nobody wants it.

        Raises:
            JobCancelledError: Nobody does.
        """
        if self._cancelled.is_set():
            raise JobCancelledError

    def on_cancel(self, stop: Callable[[], object]) -> None:
        """Have `stop` called on cancellation, for work that waits where `tell` does not reach."""
        self._stop = stop
        if self._cancelled.is_set():
            stop()

    def cancel(self) -> None:
        """Stop the work; does nothing to a job that has ended."""
        self._cancelled.set()
        if self._stop is not None and not self.ended:
            self._stop()

    def start(self) -> None:
        """Begin to work, in a thread that never delays the end of the process."""
        threading.Thread(target=self._run, name=self.job_id, daemon=True).start()

    def _run(self) -> None:
        try:
            self.tell(0.0, "started")
            self.asset = self._work(self)
        except ProviderError as error:
            self.error = error
        except JobCancelledError:
            self.error = ProviderError(f"Job {self.job_id} was cancelled.", error_code=ProviderErrorCode.UNKNOWN)
        except Exception as error:  # noqa: BLE001 - it happens in a thread: the outcome is the only way out
            code = ProviderErrorCode.UNKNOWN if self._cancelled.is_set() else ProviderErrorCode.MODEL_ERROR
            self.error = ProviderError(f"{type(error).__name__}: {error}", error_code=code)
            self.error.__cause__ = error
        finally:
            self._ended.set()


#: What a job does: it tells its progress and returns the asset.
Work: TypeAlias = Callable[[LocalJob], Asset]


class LocalVendor:
    """Takes jobs and keeps them.

    Args:
        latency: Seconds that a job takes at least.
        fail_times: Submits that fail before the first one is accepted.
        failure: How they fail.
        rate_limit_per_minute: Submits accepted in any 60 seconds; None for any number.

    Raises:
        InvalidValueError: A number that cannot be meant.
    """

    def __init__(
        self, *, latency: float, fail_times: int, failure: ProviderErrorCode, rate_limit_per_minute: int | None
    ) -> None:
        if not 0 <= latency < float("inf") or fail_times < 0:
            msg = f"latency ({latency}) and fail_times ({fail_times}) must be finite and not negative."
            raise InvalidValueError(msg)
        if rate_limit_per_minute is not None and rate_limit_per_minute < 1:
            msg = f"rate_limit_per_minute is {rate_limit_per_minute}: it must be at least 1, or None for no limit."
            raise InvalidValueError(msg)
        self._latency = latency
        self._failures_left = fail_times
        self._failure = ProviderErrorCode(failure)
        self._limit = rate_limit_per_minute
        self._accepted: deque[float] = deque(maxlen=rate_limit_per_minute)
        self._jobs: dict[str, LocalJob] = {}
        self._lock = threading.Lock()

    def submit(self, work: Work) -> str:
        """Accept a job and begin; returns its id.

        Raises:
            ProviderError: By the rate limit, or because failures were ordered.
        """
        with self._lock:
            self._check_rate()
            self._check_failure()
            job = LocalJob(work, self._latency)
            self._jobs[job.job_id] = job
            self._forget()
        job.start()
        return job.job_id

    def job(self, job_id: str) -> LocalJob:
        """The job with this id.

        Raises:
            ProviderError: There is none: it is of another process, or was forgotten.
        """
        job = self._jobs.get(job_id)
        if job is None:
            msg = f"There is no job {job_id!r}: local jobs end with the process that submitted them. Submit it again."
            raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)
        return job

    def _check_rate(self) -> None:
        if self._limit is None:
            return
        now = monotonic()
        if len(self._accepted) == self._limit and (wait := self._accepted[0] + _MINUTE - now) > 0:
            msg = f"The rate limit of {self._limit} jobs per minute is reached. Try again in {wait:.1f} s."
            raise ProviderError(msg, error_code=ProviderErrorCode.RATE_LIMIT, retry_after=wait)
        self._accepted.append(now)

    def _check_failure(self) -> None:
        if self._failures_left:
            self._failures_left -= 1
            msg = f"This failure was ordered with fail_times; {self._failures_left} more will follow."
            raise ProviderError(msg, error_code=self._failure)

    def _forget(self) -> None:
        """Drop the oldest jobs that have ended, beyond what is kept."""
        ended = [job_id for job_id, job in self._jobs.items() if job.ended]
        for job_id in ended[: max(0, len(ended) - MAX_ENDED_JOBS)]:
            del self._jobs[job_id]
