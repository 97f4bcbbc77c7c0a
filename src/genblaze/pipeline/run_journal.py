"""A run's part of the journal: begun before its first submit, taken up where an earlier process left it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

from genblaze.errors import GenblazeError, JournalError, RunTakenError
from genblaze.journal import Entry, Journal, RunRecord, open_journal, owner_of_this_process
from genblaze.models.enums import PromptVisibility
from genblaze.threads import daemon_threads

if TYPE_CHECKING:
    from genblaze.pipeline.builder import Pipeline
    from genblaze.pipeline.declaration import StepSpec
    from genblaze.pipeline.plan import PlannedStep

logger = logging.getLogger("genblaze.pipeline")

#: Where the journal is, below the output folder.
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
    required: bool,
) -> RunJournal | None:
    """The journal's part for a run, or None when nothing in it is paid for, or the journal is switched off.

    Args:
        pipeline: What is run.
        specs: Its steps, filled in.
        steps: Its steps, planned.
        run_id: The run.
        output_dir: Where its files go.
        taken_up: Whether an earlier process may have written about the run. Then it cannot do without its journal.
        resend: Submit again where the outcome of an earlier submit is not known.
        required: Whether it is refused when its journal cannot be used.

    Raises:
        JournalError: The journal cannot be used; nothing has been bought.
    """
    paid = any(candidate.paid for step in steps for candidate in step.candidates)
    if pipeline._journal is False or not paid:
        return None
    path = output_dir / JOURNAL_FILE if pipeline._journal is None else Path(pipeline._journal)
    required = required or taken_up
    return RunJournal(
        open_journal(path, required=required),
        run_id,
        name=pipeline.name,
        output_dir=output_dir,
        template=_template(pipeline, specs),
        taken_up=taken_up,
        resend=resend,
        required=required,
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
        required: Whether nothing is bought when the journal cannot be written.

    Attributes:
        known: What an earlier process wrote about this run, by step index.
        on_unprotected: Told once, with the reason, when the journal cannot be written.
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
        required: bool = True,
    ) -> None:
        self.run_id = run_id
        self.known: dict[int, Entry] = {}
        self.on_unprotected: Callable[[str], None] | None = None
        self.resend = resend
        self._journal = journal
        self._name = name
        self._output_dir = output_dir
        self._template = template
        self._taken_up = taken_up
        self._required = required
        self._unprotected = False
        self._begun = False
        self._beginning: asyncio.Lock | None = None

    async def expect(self, others: Sequence[RunJournal]) -> None:
        """Note this run and others of its batch as waiting for their turn.

        Raises:
            RunTakenError: Another process works on one of them.
            JournalError: The journal cannot be written.
        """
        try:
            await self._journal.expect([each._waiting() for each in (self, *others)])
        except JournalError as error:
            self._go_on_after(error)

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
        try:
            self.known = await daemon_threads.run(self._journal.entries, self.run_id)
        except BaseException:
            await self.end("running")  # as it was found
            raise
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

    async def intend(self, entry: Entry, *, in_doubt: bool) -> None:
        """Note that a submit is about to happen. A caller that is cancelled meanwhile has sent nothing.

        Args:
            entry: The intent.
            in_doubt: Whether an earlier submit may have been taken, so that the intent stands in any case.

        Raises:
            JournalError: It cannot be noted, and must be: nothing is to be bought.
        """
        try:
            await self.begin()
            await asyncio.wrap_future(self.put(entry))
        except asyncio.CancelledError:
            if not in_doubt:
                self._journal.withdraw(self.run_id, entry.step_index)
            raise
        except JournalError as error:
            self._go_on_after(error)

    def _go_on_after(self, error: JournalError) -> None:
        """Raise the error again, unless the run may go on without protection."""
        if self._required or isinstance(error, RunTakenError):
            raise error
        self.unprotected(error)

    def unprotected(self, error: JournalError) -> None:
        """Say, once, that the journal does not protect this run."""
        if self._unprotected:
            return
        self._unprotected = True
        reason = f"Run {self.run_id} is not protected against buying twice: {error}"
        logger.warning("%s", reason)
        if self.on_unprotected is not None:
            self.on_unprotected(reason)

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
        await asyncio.wrap_future(self._journal.withdraw(self.run_id, step_index))
