"""Where a file came from and what came of it: steps that are bound together by the content of files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from genblaze import GenblazeError, verify_file
from genblaze_gallery.collecting import meant_by

if TYPE_CHECKING:
    from pathlib import Path

    from genblaze_gallery.index import Index

__all__ = ["Content", "History", "KnownAsset", "KnownRun", "KnownStep", "Sources", "content_of_file", "history_of"]


class Content(msgspec.Struct, frozen=True):
    """A content, as it was generated.

    Attributes:
        sha256: Its digest.
        media_type: What it is.
        note: How the file that was asked for stands to it, for people.
    """

    sha256: str
    media_type: str
    note: str


class KnownAsset(msgspec.Struct, frozen=True):
    """Something that a step took in or made; content that has no digest is bound to nothing."""

    sha256: str | None
    media_type: str
    asset_id: str
    url: str


class KnownRun(msgspec.Struct, frozen=True):
    """A run that an index tells of."""

    run_id: str
    name: str | None
    parent_run_id: str | None
    created_at: str


class KnownStep(msgspec.Struct, frozen=True):
    """A step that an index tells of.

    Attributes:
        prompt: The prompt, if it is public.
    """

    run: KnownRun
    step_index: int
    provider: str | None
    model: str
    step_type: str
    status: str
    prompt: str | None
    started_at: str | None
    completed_at: str | None
    inputs: tuple[KnownAsset, ...]
    outputs: tuple[KnownAsset, ...]

    @property
    def key(self) -> tuple[str, int]:
        """Which step it is, however many manifests tell of it."""
        return self.run.run_id, self.step_index


class History(msgspec.Struct, frozen=True):
    """The past and the future of a content.

    Attributes:
        sha256: The content.
        sources: Where the steps come from.
        before: The steps that it came from, those that made it first.
        after: The steps that took it in, and those that took in what they made.
    """

    sha256: str
    sources: Sources
    before: list[KnownStep]
    after: list[KnownStep]


_STEPS: Final = """
SELECT m.run_id, m.name, m.parent_run_id, m.created_at,
       s.id, s.step_index, s.provider, s.model, s.step_type, s.status, s.prompt, s.started_at, s.completed_at
FROM steps s JOIN manifests m ON m.id = s.manifest
WHERE s.id IN (SELECT step FROM assets WHERE sha256 = ? AND role = ?)
ORDER BY m.created_at, m.run_id, s.step_index, m.id
"""
_TOLD: Final = KnownStep.__struct_fields__[1:-2]
_ASSETS: Final = "SELECT sha256, media_type, asset_id, url FROM assets WHERE step = ? AND role = ? ORDER BY position"
_RUNS: Final = "SELECT run_id, name, parent_run_id, created_at FROM manifests"


class Sources:
    """Several indexes, asked as one."""

    def __init__(self, indexes: Sequence[Index]) -> None:
        self._indexes = indexes

    def makers(self, sha256: str) -> list[KnownStep]:
        """The steps that made a content, the earliest first."""
        return self._steps(sha256, "output")

    def users(self, sha256: str) -> list[KnownStep]:
        """The steps that took a content in, the earliest first."""
        return self._steps(sha256, "input")

    def run(self, run_id: str) -> KnownRun | None:
        """A run by its id."""
        return next(self._runs("run_id", run_id), None)

    def continuations(self, run_id: str) -> list[KnownRun]:
        """The runs that go on from a run, the earliest first."""
        return list({run.run_id: run for run in self._runs("parent_run_id", run_id)}.values())

    def _runs(self, column: str, wanted: str) -> Iterator[KnownRun]:
        for index in self._indexes:
            query = f"{_RUNS} WHERE {column} = ? ORDER BY created_at, run_id, id"
            yield from (KnownRun(*row) for row in index.db.execute(query, (wanted,)))

    def _steps(self, sha256: str, role: str) -> list[KnownStep]:
        found: dict[tuple[str, int], KnownStep] = {}
        for index in self._indexes:
            for row in index.db.execute(_STEPS, (sha256, role)).fetchall():
                step = _step(index, row)
                found.setdefault(step.key, step)
        return list(found.values())


def content_of_file(path: Path) -> Content:
    """The content that a file is: by its manifest, even if it was altered since; else by its bytes.

    Raises:
        GenblazeError: The file cannot be read.
    """
    found = verify_file(path)
    media_type = found.media_type or "application/octet-stream"
    if found.asset is not None and found.asset.sha256:
        return Content(found.asset.sha256, media_type, found.verdict.value)
    asset = None if found.manifest is None else meant_by(path, found.manifest)[0]
    if asset is not None and asset.sha256:
        return Content(asset.sha256, media_type, f"{found.verdict.value}; what follows is about what it was")
    try:
        with path.open("rb") as file:
            return Content(hashlib.file_digest(file, "sha256").hexdigest(), media_type, found.verdict.value)
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise GenblazeError(msg) from error


def history_of(sha256: str, sources: Sources) -> History:
    """Follow a content into the past and into the future."""
    before = _followed(sha256, sources.makers, lambda step: step.inputs)
    after = _followed(sha256, sources.users, lambda step: step.outputs)
    return History(sha256, sources, before, after)


def _followed(
    sha256: str,
    steps_of: Callable[[str], list[KnownStep]],
    leads_to: Callable[[KnownStep], Iterable[KnownAsset]],
) -> list[KnownStep]:
    """Steps that are reached from a content, the nearest first; each once, also where the record runs in a circle."""
    found: dict[tuple[str, int], KnownStep] = {}
    seen, waiting = {sha256}, [sha256]
    for content in waiting:
        for step in steps_of(content):
            found.setdefault(step.key, step)
            reached = [asset.sha256 for asset in leads_to(step) if asset.sha256 and asset.sha256 not in seen]
            seen.update(reached)
            waiting += reached
    return list(found.values())


def _step(index: Index, row: tuple[Any, ...]) -> KnownStep:
    told = dict(zip(_TOLD, row[5:], strict=True))

    def assets(role: str) -> tuple[KnownAsset, ...]:
        return tuple(KnownAsset(*each) for each in index.db.execute(_ASSETS, (row[4], role)))

    return KnownStep(run=KnownRun(*row[:4]), **told, inputs=assets("input"), outputs=assets("output"))
