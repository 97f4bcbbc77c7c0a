"""A history as text: what a file came from, what came of it, and the runs around it, as trees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import msgspec

if TYPE_CHECKING:
    from genblaze_gallery.lineage import History, KnownAsset, KnownRun, KnownStep, Sources

__all__ = ["Branch", "future", "lines_of", "past", "relatives"]

_PROMPT = 60
_DEEPEST = 50
_MOST_RUNS = 200


class Branch(msgspec.Struct):
    """A line of a tree, and what is below it."""

    text: str
    below: list[Branch] = []


def lines_of(branch: Branch, indent: str = "") -> Iterator[str]:
    """What is below a branch, drawn with lines."""
    for number, each in enumerate(branch.below, 1):
        last = number == len(branch.below)
        yield f"{indent}{'└── ' if last else '├── '}{each.text}"
        yield from lines_of(each, indent + ("    " if last else "│   "))


def past(history: History) -> Branch:
    """What a content came from: the steps that made it, what they took in, and so on."""
    walk = _Walk(history.sources.makers, lambda step: step.inputs)
    return Branch("came from", walk.steps(history.sha256))


def future(history: History) -> Branch:
    """What came of a content: the steps that took it in, what they made, and so on."""
    walk = _Walk(history.sources.users, lambda step: step.outputs)
    return Branch("became", walk.steps(history.sha256))


def relatives(history: History) -> Branch | None:
    """The runs that the content's run goes on from, and those that go on from it; None if there are none."""
    makers = history.sources.makers(history.sha256)
    if not makers:
        return None
    sources, own = history.sources, makers[0].run
    oldest = _oldest(own, sources)
    tree = _continued(oldest, own, sources, set())
    if oldest.parent_run_id and sources.run(oldest.parent_run_id) is None:
        tree.text += f"  goes on from {oldest.parent_run_id[:8]}, which is not known"
    elif not tree.below:
        return None
    return Branch("runs", [tree])


def _oldest(run: KnownRun, sources: Sources) -> KnownRun:
    """The run with which it began, as far as it is known."""
    seen = {run.run_id}
    while run.parent_run_id and run.parent_run_id not in seen:
        parent = sources.run(run.parent_run_id)
        if parent is None:
            break
        seen.add(parent.run_id)
        run = parent
    return run


def _continued(run: KnownRun, own: KnownRun, sources: Sources, seen: set[str]) -> Branch:
    seen.add(run.run_id)
    mark = "  this one" if run.run_id == own.run_id else ""
    following = [each for each in sources.continuations(run.run_id) if each.run_id not in seen]
    below = [_continued(each, own, sources, seen) for each in following if len(seen) < _MOST_RUNS]
    return Branch(f"{_run(run)}  {run.created_at[:16]}{mark}", below)


class _Walk:
    """Goes from content to steps to content, and into nothing twice."""

    def __init__(
        self, steps_of: Callable[[str], list[KnownStep]], leads_to: Callable[[KnownStep], tuple[KnownAsset, ...]]
    ) -> None:
        self._steps_of = steps_of
        self._leads_to = leads_to
        self._shown: set[tuple[str, int]] = set()

    def steps(self, sha256: str | None, depth: int = 0) -> list[Branch]:
        if sha256 is None or depth > _DEEPEST:
            return []
        return [self._step(step, depth) for step in self._steps_of(sha256)]

    def _step(self, step: KnownStep, depth: int) -> Branch:
        text = f"{step.model}  step {step.step_index} of {_run(step.run)}"
        if step.key in self._shown:
            return Branch(f"{text}  (as above)")
        self._shown.add(step.key)
        if step.prompt:
            shown = step.prompt if len(step.prompt) <= _PROMPT else f"{step.prompt[:_PROMPT]}…"
            text += f'  "{shown}"'
        below = [Branch(_asset(asset), self.steps(asset.sha256, depth + 1)) for asset in self._leads_to(step)]
        return Branch(text, below)


def _run(run: KnownRun) -> str:
    return f"{run.name or 'run'} {run.run_id[:8]}"


def _asset(asset: KnownAsset) -> str:
    name = PurePosixPath(unquote(urlsplit(asset.url).path)).name or asset.asset_id
    return f"{name}  {asset.media_type}  {(asset.sha256 or 'no digest')[:12]}"
