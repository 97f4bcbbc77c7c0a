"""The lineage of runs as a drawing: one lane for each run, its steps from left to right by what they need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genblaze_gallery.collecting import ShownRun

__all__ = ["Drawing", "Edge", "Lane", "Node", "families", "layout"]

LABEL_WIDTH = 168
NODE_WIDTH, NODE_HEIGHT = 184, 48
GAP_X, GAP_Y = 56, 14
LANE_PADDING = 16
ABREAST = 4

StepKey = tuple[str, int]
"""A step: the id of its run, and its position in it."""


@dataclass(frozen=True)
class Node:
    """A step in the drawing; coordinates are those of its left upper corner."""

    key: StepKey
    x: int
    y: int
    run: ShownRun

    @property
    def left(self) -> tuple[int, int]:
        """Where what it needs comes in."""
        return self.x, self.y + NODE_HEIGHT // 2

    @property
    def right(self) -> tuple[int, int]:
        """Where its outputs go out."""
        return self.x + NODE_WIDTH, self.y + NODE_HEIGHT // 2


@dataclass(frozen=True)
class Edge:
    """A line: an output that another step took in, or (`continues`) a run that goes on from another."""

    start: tuple[int, int]
    end: tuple[int, int]
    continues: bool = False

    @property
    def path(self) -> str:
        """The curve, as the `d` of an SVG path."""
        (x, y), (to_x, to_y) = self.start, self.end
        if self.continues:
            return f"M{x} {y}V{to_y}"
        bend = max(28, abs(to_x - x) // 2)
        return f"M{x} {y}C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"


@dataclass(frozen=True)
class Lane:
    """The strip of one run."""

    run: ShownRun
    y: int
    height: int


@dataclass
class Drawing:
    """Lanes, nodes and edges of one family of runs, and the size of the whole."""

    lanes: list[Lane] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    width: int = 0
    height: int = 0


def families(runs: list[ShownRun]) -> list[list[ShownRun]]:
    """Runs that have to do with each other, by their parents and by the files they took in; both in order."""
    maker = _makers(runs)
    group = {run.run_id: run.run_id for run in runs}

    def head(run_id: str) -> str:
        while group[run_id] != run_id:
            group[run_id] = group[group[run_id]]
            run_id = group[run_id]
        return run_id

    for run in runs:
        for relative in _relatives(run, maker):
            if relative in group:
                group[head(run.run_id)] = head(relative)
    members: dict[str, list[ShownRun]] = defaultdict(list)
    for run in runs:
        members[head(run.run_id)].append(run)
    return list(members.values())


def layout(runs: list[ShownRun]) -> Drawing:
    """Draw a family."""
    maker = _makers(runs)
    drawing = Drawing()
    nodes: dict[StepKey, Node] = {}
    for run in runs:
        placed = _lane(run, drawing, maker)
        nodes.update((node.key, node) for node in placed)
    drawing.nodes = list(nodes.values())
    drawing.edges = [*_edges(drawing.nodes, nodes, maker), *_continuations(drawing.lanes)]
    drawing.width = max((node.x + NODE_WIDTH for node in drawing.nodes), default=LABEL_WIDTH) + LANE_PADDING
    return drawing


def _makers(runs: Iterable[ShownRun]) -> dict[str, StepKey]:
    """Which step made a content; the earliest where several did."""
    makers: dict[str, StepKey] = {}
    for run in runs:
        for index, step in enumerate(run.steps):
            for asset in step.assets:
                if asset.sha256:
                    makers.setdefault(asset.sha256, (run.run_id, index))
    return makers


def _relatives(run: ShownRun, maker: dict[str, StepKey]) -> Iterator[str]:
    if run.manifest.run.parent_run_id:
        yield run.manifest.run.parent_run_id
    for index in range(len(run.steps)):
        for run_id, _ in _sources(run, index, maker):
            yield run_id


def _sources(run: ShownRun, index: int, maker: dict[str, StepKey]) -> list[StepKey]:
    """The steps whose outputs a step took in, each once."""
    digests = (asset.sha256 for asset in run.steps[index].inputs if asset.sha256)
    found = dict.fromkeys(maker[digest] for digest in digests if digest in maker)
    found.pop((run.run_id, index), None)
    return list(found)


def _lane(run: ShownRun, drawing: Drawing, maker: dict[str, StepKey]) -> list[Node]:
    """Add the strip of a run below the others, and place its steps in it."""
    cells = _cells(run, maker)
    rows = max((row for _, row in cells), default=0) + 1
    top, height = drawing.height, 2 * LANE_PADDING + rows * (NODE_HEIGHT + GAP_Y) - GAP_Y
    drawing.lanes.append(Lane(run, top, height))
    drawing.height += height
    return [
        Node(
            (run.run_id, index),
            LABEL_WIDTH + column * (NODE_WIDTH + GAP_X),
            top + LANE_PADDING + row * (NODE_HEIGHT + GAP_Y),
            run,
        )
        for index, (column, row) in enumerate(cells)
    ]


def _cells(run: ShownRun, maker: dict[str, StepKey]) -> list[tuple[int, int]]:
    """Column and row of each step: to the right of what it took in; side by side where no step took in anything."""
    depth: dict[int, int] = {}
    for index in range(len(run.steps)):
        before = [depth[at] for run_id, at in _sources(run, index, maker) if run_id == run.run_id and at in depth]
        depth[index] = 1 + max(before, default=-1)
    if not any(depth.values()):
        return [(index % ABREAST, index // ABREAST) for index in depth]
    filled: dict[int, int] = defaultdict(int)
    cells = []
    for column in depth.values():
        cells.append((column, filled[column]))
        filled[column] += 1
    return cells


def _edges(placed: list[Node], nodes: dict[StepKey, Node], maker: dict[str, StepKey]) -> Iterator[Edge]:
    for node in placed:
        for source in _sources(node.run, node.key[1], maker):
            yield Edge(nodes[source].right, node.left)


def _continuations(lanes: list[Lane]) -> Iterator[Edge]:
    by_id = {lane.run.run_id: lane for lane in lanes}
    for lane in lanes:
        parent = by_id.get(lane.run.manifest.run.parent_run_id or "")
        if parent is not None and parent is not lane:
            above, below = sorted((parent, lane), key=lambda each: each.y)
            yield Edge((8, above.y + above.height // 2), (8, below.y + below.height // 2), continues=True)
