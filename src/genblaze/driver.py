"""The one driver of jobs: submits, polls, fetches, retries and cancels, whoever wrote the provider."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable
from contextlib import nullcontext
from time import monotonic
from typing import Any, Literal, Protocol

from genblaze.errors import GenblazeError, ProviderError
from genblaze.jobs import GenerateContext, Generation, Job, JobStatus, Submitted
from genblaze.limits import OPEN, OpenGate, Waiting
from genblaze.models.enums import ProviderErrorCode
from genblaze.retry import RetryPolicy
from genblaze.threads import call, daemon_threads, is_async

logger = logging.getLogger("genblaze.provider")

#: How every error begins that leaves open whether something was bought.
OUTCOME_UNKNOWN = "Outcome unknown:"

Phase = Literal["submit", "poll", "fetch"]

#: Seconds that a vendor's cancellation is given before the engine goes on without it.
CANCEL_GRACE_SEC = 5.0
#: Waits longer than this, in seconds, are cut by heartbeats.
HEARTBEAT_SEC = 10.0
#: Failures of the operating system that come before a request is on its way.
NOT_CONNECTED = (ConnectionRefusedError, socket.gaierror)
#: No poll interval grows beyond this many seconds.
MAX_POLL_INTERVAL_SEC = 30.0
#: The poll interval doubles each time this many seconds have passed.
POLL_GROWTH_SEC = 30.0


class Observer(Protocol):
    """What the driver tells while it works; the engine turns it into records and events."""

    def on_progress(self, status: str, report: JobStatus | None = None, *, heartbeat: bool = False) -> None:
        """The job's state, in the published words: submitted, processing, retry_resumed, succeeded, failed."""

    def on_submitted(self, job_id: str) -> None:
        """The vendor took the job under this id. Called before the first poll."""

    def on_breaker(self, message: str) -> None:
        """The provider is left alone for some time, because it failed too often in a row."""

    def on_retry(self, phase: Phase, attempt: int, max_attempts: int, delay: float, error: ProviderError) -> None:
        """Attempt number `attempt` of `max_attempts` failed in `phase`; the next begins after `delay` seconds."""


class Driver:
    """Runs one job to its generation.

    A job id, once known, is never given up: every retry resumes that job, so nothing is bought a second time. `waiting`
    surrounds the time for which the gate makes it wait.
    """

    def __init__(
        self,
        job: Job,
        context: GenerateContext,
        policy: RetryPolicy,
        observer: Observer,
        gate: OpenGate = OPEN,
        waiting: Waiting = nullcontext,
    ) -> None:
        self.job = job
        self.context = context
        self.policy = policy
        self.observer = observer
        self.job_id: str | None = None
        self.attempt = 0
        self._phase: Phase = "submit"
        self._gate = gate
        self._waiting = waiting
        self._sending = False
        self._estimate: float | None = None
        self._doubt: ProviderError | None = None  # a submit failed, and the vendor may have taken it
        self._cleared: ProviderError | None = None  # it seemed so, but the vendor says that it has no such job
        self._cancellations = 0  # of the task, before this job
        context.on_accepted = self._keep
        context.on_hold_back = self._gate.hold_back

    @property
    def submitting(self) -> bool:
        """Whether a submit is under way, or one before is in doubt."""
        return self._sending or self._doubt is not None

    def resume(self, job_id: str) -> None:
        """Take up a job that was submitted before: it is only polled and fetched."""
        self._keep(job_id)

    async def run(self) -> Generation:
        """Drive the job, with retries, until it has a generation.

        Raises:
            ProviderError: When the attempts are spent or the failure is not worth another one.
            asyncio.CancelledError: When the caller gives up; the vendor has then been told, or given
                `CANCEL_GRACE_SEC` to hear of it.
        """
        self._cancellations = _cancellations()
        try:
            while True:
                self.attempt += 1
                try:
                    generation = await self._attempt()
                    self.context.on_accepted = None  # all is heard; and no circle is left for the garbage collector
                    return generation
                except (KeyboardInterrupt, GeneratorExit):
                    raise
                except BaseException as error:
                    if isinstance(error, asyncio.CancelledError) and self._is_cancelled():
                        raise
                    await self._wait_before_next(as_provider_error(error))
        except asyncio.CancelledError:
            self.context.cancel()
            await self._cancel_at_vendor()
            raise

    async def _attempt(self) -> Generation:
        if self.job_id is None and (generation := await self._buy()) is not None:
            return generation
        await self._poll_until_done()
        self._phase = "fetch"
        generation = await call(self.job.fetch, self.job_id)
        if not isinstance(generation, Generation):
            msg = f"{_name(self.job)}.fetch() returned {type(generation).__name__}, not a Generation"
            raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)
        return generation

    async def _buy(self) -> Generation | None:
        """Submit; returns the result where the vendor answers at once, None when there is a job to poll."""
        self._phase = "submit"
        if self._doubt is not None and await self._found():
            return None
        await self._gate.turn(self._waiting)
        self.observer.on_progress("submitted")
        self._sending = True
        try:
            outcome = await submit(self.job, self.context)
            if not isinstance(outcome, Generation):
                self._accept(outcome)
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError) and self._is_cancelled():
                raise
            failure = as_provider_error(error)
            self._sending = False
            if told := self._gate.failed(failure):
                self.observer.on_breaker(told)
            if self.job_id is None and getattr(self.job, "paid", False) and may_be_taken(failure):
                self._doubt = failure
                if await self._found():
                    return None
            raise failure from error.__cause__
        self._sending, self._doubt = False, None
        self._gate.succeeded()
        return outcome if isinstance(outcome, Generation) else None

    async def _found(self) -> bool:
        """Whether the vendor has the job of a submit whose outcome is not known; if it has none, the doubt is over."""
        find = getattr(self.job, "find", None)
        if find is None:
            return False
        found = await call(find)
        if found is not None:
            self._keep(found.job_id if isinstance(found, Submitted) else found)
        elif self._doubt is not None:
            self._cleared, self._doubt = self._doubt, None
            self._cleared.uncertain = False
        return found is not None

    def _accept(self, outcome: Any) -> None:
        submitted = outcome if isinstance(outcome, Submitted) else Submitted(outcome)
        if submitted.job_id is None or submitted.job_id in ("", b""):
            msg = f"the provider took the request, but gave no job id ({submitted.job_id!r})"
            raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT, uncertain=True)
        self._estimate = submitted.estimated_seconds
        self._keep(submitted.job_id)

    def _keep(self, job_id: str) -> None:
        """Remember the job, whether it was returned, announced early, or came after the engine stopped waiting."""
        if self.job_id is not None:
            return
        self.job_id = job_id
        self.observer.on_submitted(str(job_id))
        if self.context.cancelled:
            logger.warning("Job %s was accepted after the engine stopped waiting for it", job_id)

    async def _poll_until_done(self) -> None:
        self._phase = "poll"
        started = monotonic()
        if self._estimate:
            await self._sleep(0.8 * self._estimate)
            self._estimate = None
        while True:
            answer = await call(self.job.poll, self.job_id)
            status = answer if isinstance(answer, JobStatus) else JobStatus(bool(answer))
            if status.done:
                return
            self.observer.on_progress("processing", status)
            await self._sleep(self._interval(status, monotonic() - started))

    def _interval(self, status: JobStatus, elapsed: float) -> float:
        if status.poll_after is not None:
            return max(0.0, status.poll_after)
        first: float = getattr(self.job, "poll_interval", 1.0)
        doublings = min(int(elapsed // POLL_GROWTH_SEC), 16)
        return float(min(first * 2**doublings, max(first, MAX_POLL_INTERVAL_SEC)))

    async def _sleep(self, seconds: float) -> None:
        while seconds > 1.5 * HEARTBEAT_SEC:
            await asyncio.sleep(HEARTBEAT_SEC)
            seconds -= HEARTBEAT_SEC
            self.observer.on_progress("processing", heartbeat=True)
        await asyncio.sleep(seconds)

    async def _wait_before_next(self, error: ProviderError) -> None:
        """Sleep until the next attempt, or raise `error` when there is none."""
        delay = self.policy.compute_delay(self.attempt, error.retry_after)
        remaining = self.context.remaining
        if not self._is_worth_another(error) or (remaining is not None and delay >= remaining):
            failure = self._final(error)
            failure.attempts = self.attempt
            raise failure
        self.observer.on_retry(self._phase, self.attempt, self.policy.max_attempts, delay, error)
        await self._sleep(delay)
        if self.job_id is not None:
            self.observer.on_progress("retry_resumed")

    def _is_worth_another(self, error: ProviderError) -> bool:
        """Whether another attempt may follow. While a submit is in doubt, only one that cannot buy twice."""
        job, policy = self.job, self.policy
        if error is self._cleared and _says_nothing(error):
            return self.attempt < policy.max_attempts
        if self._doubt is None or self.job_id is not None:
            return policy.should_retry(error.error_code, self.attempt)
        if getattr(job, "find", None) is not None:
            return policy.should_retry(error.error_code, self.attempt)  # the vendor will be asked again
        if not (getattr(job, "idempotent", False) or policy.resend_uncertain):
            return False
        return self.attempt < policy.max_attempts and (
            error is self._doubt or error.error_code in policy.retryable_codes
        )

    def _final(self, error: ProviderError) -> ProviderError:
        """The error that the step fails with: that the outcome is unknown, as long as it is."""
        if self._doubt is None or self.job_id is not None or str(self._doubt).startswith(OUTCOME_UNKNOWN):
            return error
        failure = outcome_unknown(str(self._doubt))
        failure.__cause__ = error
        return failure

    def _is_cancelled(self) -> bool:
        """Whether somebody cancels this task; a provider may also raise CancelledError by itself."""
        return _cancellations() > self._cancellations

    async def _cancel_at_vendor(self) -> None:
        """Tell the vendor, bounded in time; a failing cancellation is reported, never raised."""
        cancel = getattr(self.job, "cancel", None)
        if self.job_id is None or cancel is None:
            return
        task = asyncio.ensure_future(call(cancel, self.job_id))
        done, _ = await asyncio.wait({task}, timeout=CANCEL_GRACE_SEC)
        if not done:
            task.cancel()
            logger.warning("Cancelling job %s took longer than %s s", self.job_id, CANCEL_GRACE_SEC)
        elif error := task.exception():
            logger.warning("Cancelling job %s failed: %s", self.job_id, type(error).__name__)


async def submit(job: Job, context: GenerateContext) -> Any:
    """Submit a job. What a `def` submit returns after the engine stopped waiting, the context is told all the same."""
    if is_async(job.submit):
        return await job.submit()

    def submit_in_thread() -> Any:
        outcome = job.submit()
        if context.cancelled and outcome is not None:
            tell_late(outcome, context)
        return outcome

    outcome = await daemon_threads.run(submit_in_thread)
    return await outcome if isinstance(outcome, Awaitable) else outcome


def tell_late(outcome: Any, context: GenerateContext) -> None:
    """Hand in what a submit gave after the engine stopped waiting. May block."""
    if isinstance(outcome, str | Submitted):
        context.accepted(outcome if isinstance(outcome, str) else outcome.job_id)
    elif isinstance(outcome, Generation) and context.on_late_result is not None:
        context.on_late_result(outcome)


def _cancellations() -> int:
    """How often somebody asked this task to stop."""
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()


def may_be_taken(error: ProviderError) -> bool:
    """Whether a vendor may have taken, and may bill, the submit that failed with `error`."""
    return _says_nothing(error) if error.uncertain is None else error.uncertain


def _says_nothing(error: ProviderError) -> bool:
    return error.error_code in (None, ProviderErrorCode.UNKNOWN)


def outcome_unknown(reason: str) -> ProviderError:
    """The error of a paid request of which nobody knows whether it was accepted."""
    msg = (
        f"{OUTCOME_UNKNOWN} {reason}. The vendor may have accepted, and may bill, the request. Look at its list of "
        "jobs; to buy it again knowingly, run `genblaze resume --resend` or use RetryPolicy(resend_uncertain=True)"
    )
    return ProviderError(msg, error_code=ProviderErrorCode.UNKNOWN, uncertain=True)


def as_provider_error(error: BaseException) -> ProviderError:
    """The provider error that an exception of provider code amounts to.

    Only the exception's type is looked at, never its prose: a wrong guess would send a paid request again. So a
    foreign exception leaves open whether a paid request was taken, also one that looks like bad input: it may be about
    the vendor's answer. Only a connection that never came about, and what genblaze itself refuses, are certain.
    """
    if isinstance(error, ProviderError):
        return error
    code = ProviderErrorCode.UNKNOWN
    if isinstance(error, TimeoutError):
        code = ProviderErrorCode.TIMEOUT
    elif isinstance(error, NOT_CONNECTED):
        code = ProviderErrorCode.SERVER_ERROR
    elif isinstance(error, GenblazeError | ValueError | TypeError):
        code = ProviderErrorCode.INVALID_INPUT
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    certain = isinstance(error, (*NOT_CONNECTED, GenblazeError))
    found = ProviderError(text, error_code=code, uncertain=not certain)
    found.__cause__ = error
    return found


def _name(job: Job) -> str:
    return type(job).__name__
