"""The journal stage of a step: what is written before, during and after paid work, and how a run is taken up again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import msgspec

from genblaze.driver import as_provider_error, may_be_taken, outcome_unknown
from genblaze.errors import GenblazeError, JournalError, ProviderError
from genblaze.file_urls import local_file
from genblaze.jobs import GenerateContext, Generation, Job, Submitted
from genblaze.journal import (
    FINISHED,
    INTENT,
    SUBMITTED,
    UNCERTAIN,
    Entry,
)
from genblaze.models.enums import ProviderErrorCode
from genblaze.models.step import Step
from genblaze.pipeline.cache import step_cache_key
from genblaze.pipeline.late import submit_for_keeps
from genblaze.redaction import redact_step
from genblaze.threads import call, daemon_threads

if TYPE_CHECKING:
    from genblaze.driver import Driver
    from genblaze.pipeline.run_journal import RunJournal
    from genblaze.plugins import PluginManager

logger = logging.getLogger("genblaze.pipeline")


class StepJournal:
    """One paid step's part of the journal.

    Args:
        run: The run's part.
        step: The record, with its inputs resolved: what it asks for is fixed from here on.
        tenant_id: Whom the run belongs to.

    Attributes:
        unrecorded: What the journal could not take after the purchase, for the record and the step's error.
    """

    def __init__(self, run: RunJournal, step: Step, tenant_id: str | None) -> None:
        self._run = run
        self._step = step
        self._request = step_cache_key(step, tenant_id)
        self._job_id: str | None = None
        self._announced: Future[None] | None = None
        self._doubtful = False  # a submit may have been accepted, whatever a later one came to
        self.unrecorded: list[str] = []
        self.entry = run.known.get(step.step_index or 0)
        if self.entry is not None and self.entry.request != self._request:
            msg = (
                f"Run {run.run_id}, step {step.step_index}: the pipeline asks {step.provider} for something else than "
                "it did when the run began. Resume it with the same pipeline, or start a new run"
            )
            raise JournalError(msg)

    async def earlier_result(self, plugins: PluginManager) -> Step | None:
        """The finished step of an earlier process, or None when there is none.

        Raises:
            ProviderError: When it was finished and paid, but its files are gone or have changed.
        """
        entry = self.entry
        if entry is None or entry.state != FINISHED or entry.step is None:
            return None
        step = Step.model_validate_json(entry.step)
        if await daemon_threads.run(_outputs_intact, step, plugins):
            return step
        if entry.job_id is not None or self._run.resend:
            return None
        msg = "The step was finished and paid for, but its files are gone or have changed; --resend buys it again"
        raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)

    def around(self, job: Job, context: GenerateContext) -> Job:
        """The job with a submit that stands between two entries of the journal."""
        return _JournaledJob(job, context, self)

    async def take_up(self, driver: Driver, job: Job) -> None:
        """Let a driver go on where an earlier process stopped.

        Raises:
            ProviderError: When nobody can tell whether the vendor took the request; code `unknown`.
        """
        entry, self.entry = self.entry, None
        driver.context.on_accepted = self._heard_by(driver)
        if entry is None:
            return
        if entry.job_id is not None:
            self._job_id = entry.job_id
            driver.resume(entry.job_id)
        elif self._run.resend or getattr(job, "idempotent", False):
            self._doubtful = True  # a later refusal does not undo what the earlier submit may have bought
        else:
            found = await _find(job, entry)
            if found is not None:
                await self.submitted(found)
                driver.resume(found)

    def _heard_by(self, driver: Driver) -> Callable[[str], None]:
        """Takes job ids, whenever they come, into the journal and to the driver."""
        tell_driver = driver.context.on_accepted

        def accepted(job_id: str) -> None:
            self.announce(job_id)
            if tell_driver is not None:
                tell_driver(job_id)

        return accepted

    async def intent(self) -> None:
        """Note that a submit is about to happen."""
        self._job_id = self._announced = None
        await self._run.intend(self._entry(INTENT), in_doubt=self._doubtful)

    def announce(self, job_id: str) -> None:
        """Begin to note the vendor's job id; from any thread, also after the engine stopped waiting for it."""
        if self._announced is None or self._job_id != str(job_id):
            self._job_id = str(job_id)
            self._doubtful = False
            self._announced = self._run.put(self._entry(SUBMITTED))

    async def submitted(self, job_id: str) -> None:
        """Note the vendor's job id."""
        self.announce(job_id)
        assert self._announced is not None  # noqa: S101 - just announced
        try:
            await asyncio.wrap_future(self._announced)
        except JournalError as error:  # it is bought by now: going on without protection loses less than stopping
            self._lacks(f"job {job_id}", error)

    async def refused(self, error: ProviderError) -> None:
        """Note that a submit failed: certainly not accepted, or uncertain."""
        self._doubtful = self._doubtful or may_be_taken(error)
        try:
            if self._doubtful:
                await self._note(UNCERTAIN)
            else:
                await self._run.withdraw(self._step.step_index or 0)
        except JournalError as failure:  # the intent stands, which is the safe side
            self._lacks("the end of a submit", failure)

    async def not_taken(self) -> None:
        """Note that the vendor was asked and has no job of an uncertain submit."""
        self._doubtful = False

    async def finished(self) -> None:
        """Note the result, private prompts hidden; it is there, so a failure is only told."""
        try:
            await self._note(FINISHED)
        except JournalError as error:
            self._lacks("the result", error)

    async def finished_late(self, step: Step) -> None:
        """Note a result that came after the engine stopped waiting; `step` is its whole record.

        Raises:
            JournalError: It cannot be noted.
        """
        await asyncio.wrap_future(self._run.put(self._entry(FINISHED, step)))

    def _lacks(self, what: str, error: JournalError) -> None:
        """Tell what the journal lacks: in the log, in the record, and to those who hear the run."""
        self.unrecorded.append(what)
        self._step.note(unrecorded=list(self.unrecorded))
        logger.warning("Step %s: %s could not be noted in the journal: %s", self._step.step_id, what, error)
        self._run.unprotected(error)

    async def _note(self, state: str) -> None:
        await asyncio.wrap_future(self._run.put(self._entry(state)))

    def _entry(self, state: str, step: Step | None = None) -> Entry:
        step = step or self._step
        return Entry(
            run_id=self._run.run_id,
            step_index=step.step_index or 0,
            request=self._request,
            state=state,
            provider=step.provider or "",
            model=step.model,
            step_id=step.step_id,
            job_id=self._job_id,
            step=msgspec.json.encode(redact_step(step)) if state == FINISHED else None,
        )


class _JournaledJob:
    """A paid job whose submit is announced in the journal before, and answered there after, it happens."""

    paid = True

    def __init__(self, job: Job, context: GenerateContext, journal: StepJournal) -> None:
        self._job = job
        self._context = context
        self._journal = journal
        self.poll_interval = getattr(job, "poll_interval", 1.0)
        self.retry_policy = getattr(job, "retry_policy", None)
        self.idempotent = getattr(job, "idempotent", False)
        if getattr(job, "find", None) is not None:
            self.find = self._find

    async def _find(self) -> str | None:
        found = await call(self._job.find)  # type: ignore[attr-defined]  # optional, and present here
        job_id = found.job_id if isinstance(found, Submitted) else found
        if job_id is None:
            await self._journal.not_taken()
        else:
            await self._journal.submitted(job_id)
        return job_id

    async def submit(self) -> Submitted | Generation:
        await self._journal.intent()
        try:
            outcome = await submit_for_keeps(self._job, self._context)
        except Exception as error:
            await self._journal.refused(as_provider_error(error))
            raise
        if isinstance(outcome, Generation):
            return outcome
        submitted = outcome if isinstance(outcome, Submitted) else Submitted(outcome)
        if submitted.job_id:
            await self._journal.submitted(submitted.job_id)
        return submitted

    async def poll(self, job_id: str) -> Any:
        return await call(self._job.poll, job_id)

    async def fetch(self, job_id: str) -> Any:
        return await call(self._job.fetch, job_id)

    async def cancel(self, job_id: str) -> Any:
        return await call(self._job.cancel, job_id)


async def _find(job: Job, entry: Entry) -> str | None:
    """The vendor's job for an uncertain submit, or None when the vendor certainly has none."""
    find = getattr(job, "find", None)
    if find is None:
        failure = outcome_unknown(f"the process ended while a request to {entry.provider} was under way")
        raise failure
    found = await call(find)
    return found.job_id if isinstance(found, Submitted) else found


def _outputs_intact(step: Step, plugins: PluginManager) -> bool:
    from genblaze.embedding import content_digest

    for asset in step.assets:
        path = local_file(asset.url)
        try:
            if path is not None and content_digest(path, plugins=plugins).sha256 != asset.sha256:
                return False
        except GenblazeError:
            return False
    return True
