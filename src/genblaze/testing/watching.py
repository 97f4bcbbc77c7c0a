"""Watching a run: what is called on its jobs, what is logged meanwhile, what lies in its folder afterwards."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from genblaze.errors import ProviderError
from genblaze.hookspecs import hookimpl
from genblaze.jobs import GenerateContext, Generation, JobStatus, Request
from genblaze.models.enums import ProviderErrorCode
from genblaze.threads import call

__all__ = ["Watcher", "everything_written", "logged"]


class Watcher:
    """A plugin that watches the jobs of a run, and makes one of their methods fail once.

    Args:
        failing: `poll` or `fetch`: called for the first time it does its work, and then the answer gets lost.
        endless: Polls say that the job goes on.

    Attributes:
        calls: The methods that were called, in order.
        job_ids: What submits gave.
        cancelled: The jobs that were cancelled.
        errors: What methods raised, the last of each.
        fractions: The progress that polls told.
    """

    def __init__(self, *, failing: str | None = None, endless: bool = False) -> None:
        self.failing = failing
        self.endless = endless
        self.calls: list[str] = []
        self.job_ids: list[str] = []
        self.cancelled: list[str] = []
        self.errors: dict[str, Exception] = {}
        self.fractions: list[float] = []

    @hookimpl(wrapper=True)
    def generate(self, request: Request, context: GenerateContext) -> Any:  # noqa: ARG002 - what the hook is called with
        """Put the watch around the provider's job."""
        job = yield
        return None if job is None else _WatchedJob(job, self)


class _WatchedJob:
    """A job whose calls a watcher hears; all else is the job's own."""

    def __init__(self, job: Any, watcher: Watcher) -> None:
        self._job = job
        self._watcher = watcher

    def __getattr__(self, name: str) -> Any:
        return getattr(self._job, name)

    async def submit(self) -> Any:
        """Submit, and remember the job's id."""
        answer = await self._call("submit")
        if not isinstance(answer, Generation):
            self._watcher.job_ids.append(getattr(answer, "job_id", answer))
        return answer

    async def poll(self, job_id: str) -> Any:
        """Ask how far it is."""
        answer = await self._call("poll", job_id)
        if isinstance(answer, JobStatus) and answer.fraction is not None:
            self._watcher.fractions.append(answer.fraction)
        return JobStatus(done=False, poll_after=0.01) if self._watcher.endless else answer

    async def fetch(self, job_id: str) -> Any:
        """Collect the outputs."""
        return await self._call("fetch", job_id)

    async def cancel(self, job_id: str) -> None:
        """Pass the cancellation on."""
        self._watcher.cancelled.append(job_id)
        await self._call("cancel", job_id)

    async def _call(self, name: str, *args: Any) -> Any:
        watcher = self._watcher
        watcher.calls.append(name)
        try:
            answer = await call(getattr(self._job, name), *args)
        except Exception as error:
            watcher.errors[name] = error
            raise
        if watcher.failing == name and watcher.calls.count(name) == 1:
            msg = f"the answer to {name} got lost, says the contract"
            raise ProviderError(msg, error_code=ProviderErrorCode.SERVER_ERROR)
        return answer


@contextmanager
def logged() -> Iterator[list[str]]:
    """Every line that is logged meanwhile, at whatever level."""
    lines: list[str] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage() + str(record.exc_info or ""))

    root, handler = logging.getLogger(), Keeping()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def everything_written(folder: Path) -> Iterator[str]:
    """Path and content of every file below a folder, the bytes read as Latin-1."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield f"{path.relative_to(folder)}\n{path.read_bytes().decode('latin-1')}"
