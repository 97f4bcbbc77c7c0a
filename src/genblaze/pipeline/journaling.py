"""The journal stage of a step: what is written before, during and after paid work, and how a run is taken up again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any

import msgspec

from genblaze.driver import as_provider_error, may_be_taken, outcome_unknown, submit
from genblaze.errors import GenblazeError, JournalError, ProviderError
from genblaze.file_urls import local_file
from genblaze.jobs import GenerateContext, Generation, Job, Submitted
from genblaze.journal import (
    FINISHED,
    INTENT,
    SUBMITTED,
    UNCERTAIN,
    Entry,
    Journal,
    RunRecord,
    open_journal,
    owner_of_this_process,
)
from genblaze.models.enums import PromptVisibility, ProviderErrorCode
from genblaze.models.step import Step
from genblaze.pipeline.cache import step_cache_key
from genblaze.redaction import redact_step
from genblaze.threads import call, daemon_threads

if TYPE_CHECKING:
    from genblaze.driver import Driver
    from genblaze.pipeline.builder import Pipeline
    from genblaze.pipeline.declaration import StepSpec
    from genblaze.pipeline.plan import PlannedStep
    from genblaze.plugins import PluginManager

logger = logging.getLogger("genblaze.pipeline")


JOURNAL_FILE = Path(".genblaze") / "journal.db"


def open_run(
    pipeline: Pipeline,
    specs: Sequence[StepSpec],
    steps: Sequence[PlannedStep],
    run_id: str,
    output_dir: Path,
    *,
    taken_up: bool,
    resend: bool,
) -> RunJournal | None:
    """The journal's part for a run, or None when nothing in it is paid for, or the journal is switched off.

    Raises:
        JournalError: The journal cannot be used; nothing has been bought.
    """
    paid = any(candidate.paid for step in steps for candidate in step.candidates)
    if pipeline._journal is False or not paid:
        return None
    path = output_dir / JOURNAL_FILE if pipeline._journal is None else Path(pipeline._journal)
    journal = open_journal(path)
    return RunJournal(
        journal,
        run_id,
        name=pipeline.name,
        output_dir=output_dir,
        template=_template(pipeline, specs),
        taken_up=taken_up,
        resend=resend,
    )


def _template(pipeline: Pipeline, specs: Sequence[StepSpec]) -> bytes | None:
    """The pipeline as JSON, or None where it holds what a template cannot hold or the journal must not."""
    from genblaze.pipeline.template import template_of

    if any(spec.prompt_visibility != PromptVisibility.PUBLIC for spec in specs):
        return None
    try:
        return template_of(pipeline, specs).to_json(indent=0).encode()
    except GenblazeError:
        return None


class RunJournal:
    """One run's part of the journal.

    Args:
        journal: The journal file.
        run_id: The run.
        name: Its pipeline's name.
        output_dir: Where its files go.
        template: The pipeline as JSON, or None where it must not be written down.
        taken_up: Whether an earlier process may have written about this run.
        resend: Submit again where the outcome of an earlier submit is not known.

    Attributes:
        known: What an earlier process wrote about this run, by step index.
    """

    def __init__(
        self,
        journal: Journal,
        run_id: str,
        *,
        name: str | None,
        output_dir: Path,
        template: bytes | None,
        taken_up: bool,
        resend: bool = False,
    ) -> None:
        self.run_id = run_id
        self.known: dict[int, Entry] = {}
        self.resend = resend
        self._journal = journal
        self._name = name
        self._output_dir = output_dir
        self._template = template
        self._taken_up = taken_up
        self._begun = False
        self._beginning: asyncio.Lock | None = None

    async def expect(self, others: Sequence[RunJournal]) -> None:
        """Note this run and others of its batch as waiting for their turn.

        Raises:
            RunTakenError: Another process works on one of them.
            JournalError: The journal cannot be written.
        """
        await self._journal.expect([each._waiting() for each in (self, *others)])

    async def give_up(self, others: Sequence[RunJournal]) -> None:
        """Note that this run and others of its batch will not begin, where they have not begun."""
        try:
            await self._journal.give_up([each.run_id for each in (self, *others)])
        except JournalError as error:
            logger.warning("The end of a batch could not be noted: %s", error)

    def _waiting(self) -> RunRecord:
        now = time()
        return RunRecord(
            run_id=self.run_id,
            name=self._name,
            created=now,
            changed=now,
            status="waiting",
            owner=owner_of_this_process(),
            output_dir=str(self._output_dir.absolute()),
            template=self._template,
        )

    async def take_up(self, steps: Sequence[PlannedStep]) -> None:
        """Own a run that may have been begun before, and only then read what was written: nobody changes it any more.

        Raises:
            RunTakenError: Another process works on the run.
            JournalError: The journal cannot be used.
        """
        if not self._taken_up:
            return
        await self.begin()
        self.known = await daemon_threads.run(self._journal.entries, self.run_id)
        for step in steps:
            if step.index in self.known:
                step.step_id = self.known[step.index].step_id  # the vendor's idempotency key, so it must stay

    async def begin(self) -> None:
        """Note the run, once, and own it.

        Raises:
            JournalError: Another process works on the run, or the journal cannot be written.
        """
        self._beginning = self._beginning or asyncio.Lock()
        async with self._beginning:
            if not self._begun:
                await self._journal.begin(self.run_id, self._name, self._output_dir, self._template)
                self._begun = True

    async def end(self, status: str) -> None:
        """Note how the run ended; the result is there, so a failure is only logged."""
        if self._begun:
            try:
                await self._journal.end(self.run_id, status)
            except JournalError as error:
                logger.warning("The end of run %s could not be noted: %s", self.run_id, error)

    def put(self, entry: Entry) -> Future[None]:
        """Write the state of a step, from any thread; the future is done when it is on disk."""
        return self._journal.put(entry)

    async def withdraw(self, step_index: int) -> None:
        """Forget an intent that certainly was not accepted."""
        await self._journal.withdraw(self.run_id, step_index)


class StepJournal:
    """One paid step's part of the journal.

    Args:
        run: The run's part.
        step: The record, with its inputs resolved: what it asks for is fixed from here on.
        tenant_id: Whom the run belongs to.
    """

    def __init__(self, run: RunJournal, step: Step, tenant_id: str | None) -> None:
        self._run = run
        self._step = step
        self._request = step_cache_key(step, tenant_id)
        self._job_id: str | None = None
        self._announced: Future[None] | None = None
        self._doubtful = False  # a submit may have been accepted, whatever a later one came to
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
        await self._run.begin()
        await self._note(INTENT)

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
            logger.warning("Job %s of step %s could not be noted: %s", job_id, self._step.step_id, error)

    async def refused(self, error: ProviderError) -> None:
        """Note that a submit failed: certainly not accepted, or uncertain."""
        self._doubtful = self._doubtful or may_be_taken(error)
        try:
            if self._doubtful:
                await self._note(UNCERTAIN)
            else:
                await self._run.withdraw(self._step.step_index or 0)
        except JournalError as failure:  # the intent stands, which is the safe side
            logger.warning("The end of a submit of step %s could not be noted: %s", self._step.step_id, failure)

    async def not_taken(self) -> None:
        """Note that the vendor was asked and has no job of an uncertain submit."""
        self._doubtful = False

    async def finished(self) -> None:
        """Note the result, private prompts hidden; it is there, so a failure is only logged."""
        try:
            await self._note(FINISHED)
        except JournalError as error:
            logger.warning("The result of step %s could not be noted: %s", self._step.step_id, error)

    async def _note(self, state: str) -> None:
        await asyncio.wrap_future(self._run.put(self._entry(state)))

    def _entry(self, state: str) -> Entry:
        step = self._step
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
            outcome = await submit(self._job, self._context)
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
