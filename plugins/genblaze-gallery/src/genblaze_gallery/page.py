"""The report: one HTML page with everything in it, which asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from genblaze.models.asset_url import strip_asset_url_credentials
from genblaze_gallery.layered import LABEL_WIDTH, NODE_HEIGHT, NODE_WIDTH, Drawing, families, layout
from genblaze_gallery.thumbnails import EmbeddedMedia, excerpt, thumbnail
from genblaze_gallery.waterfall import Bar, bars
from genblaze_gallery.wording import UNKNOWN, VERDICTS, clipped, cost_of, moment, money, prompt_of, seconds, size

if TYPE_CHECKING:
    from genblaze import Step
    from genblaze_gallery.collecting import Exhibit, Gallery, ShownRun

__all__ = ["EMBEDDED_FILE_BYTES", "render"]

EMBEDDED_FILE_BYTES: Final = 8 << 20
"""Sound and films up to this size are part of the page; larger ones are linked to."""

EMBEDDED_BYTES: Final = 64 << 20
"""All of them together; once the page has so much in it, the rest is linked to."""

KINDS: Final = ("image", "video", "audio", "text")


@dataclass
class Card:
    """An exhibit as the page shows it.

    Attributes:
        anchor: Its id in the page.
        picture: A thumbnail as a `data:` URL.
        media: Where a player gets sound or film: a `data:` URL, or a link relative to the page.
        link: The file itself, relative to the page.
        text: The beginning of a text.
    """

    anchor: str
    exhibit: Exhibit
    run: ShownRun | None
    picture: str | None = None
    media: str | None = None
    link: str | None = None
    text: str | None = None

    @property
    def kind(self) -> str:
        """The kind of media: image, video, audio, text or other."""
        found = self.exhibit.media_type.partition("/")[0]
        if self.exhibit.media_type == "application/json":
            return "text"
        return found if found in KINDS else "other"

    @property
    def name(self) -> str:
        """What the file is called."""
        return self.exhibit.name

    @property
    def verdict(self) -> str:
        """What the state of the file is called."""
        return VERDICTS[self.exhibit.verdict]

    @property
    def step(self) -> Step | None:
        """The step that made it."""
        index = self.exhibit.step_index
        if self.run is None or index is None or index >= len(self.run.steps):
            return None  # another manifest of the same run may tell of fewer steps
        return self.run.steps[index]

    @property
    def prompt(self) -> str:
        """What was asked for, as far as it may be shown."""
        return "" if self.step is None else prompt_of(self.step)[0]

    @property
    def label(self) -> str:
        """The card in one sentence, for those who do not see it."""
        made = "" if self.step is None else f" by {self.step.provider}/{self.step.model}"
        return f"{self.kind}{made}: {self.verdict}. {self.prompt or self.name}"

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Everything else there is to say, as pairs."""
        exhibit, step, asset = self.exhibit, self.step, self.exhibit.asset
        rows = [("File", self.name), ("State", f"{self.verdict}: {exhibit.message}"), ("Type", exhibit.media_type)]
        if exhibit.url is not None:
            rows.append(("Stored at", strip_asset_url_credentials(exhibit.url)))
        if asset is not None:
            rows += _facts_of_asset(asset)
        if step is not None:
            rows += _facts_of_step(step)
        if self.run is not None:
            rows.append(("Run", f"{self.run.manifest.run.name or 'unnamed'} · {self.run.run_id}"))
        return rows


def _facts_of_asset(asset: Any) -> list[tuple[str, str]]:
    rows = [("Size", size(asset.size_bytes)), ("SHA-256", asset.sha256 or UNKNOWN)]
    if asset.width and asset.height:
        rows.append(("Pixels", f"{asset.width} \N{MULTIPLICATION SIGN} {asset.height}"))
    if asset.duration is not None:
        rows.append(("Length", seconds(asset.duration)))
    return rows


def _facts_of_step(step: Step) -> list[tuple[str, str]]:
    rows = [("Model", f"{step.provider}/{step.model}"), ("Prompt", prompt_of(step)[0] or UNKNOWN)]
    if step.seed is not None:
        rows.append(("Seed", str(step.seed)))
    rows += [(f"Param {clipped(name)}", clipped(str(value))) for name, value in sorted(step.params.items())]
    return [*rows, ("Cost", money(step.cost_usd)), ("Begun", moment(step.started_at))]


@dataclass
class Page:
    """All that the template shows.

    Attributes:
        title: What the page is called.
        gallery: Runs and exhibits.
        cards: The exhibits as they are shown.
        drawings: The lineage of each family of runs that has one.
    """

    title: str
    gallery: Gallery
    cards: list[Card]
    drawings: list[Drawing] = field(default_factory=list)

    @cached_property
    def runs(self) -> list[ShownRun]:
        """The runs, the first one first."""
        return self.gallery.runs

    @cached_property
    def steps(self) -> list[Step]:
        """The steps of all runs."""
        return [step for run in self.runs for step in run.steps]

    @cached_property
    def verdicts(self) -> list[tuple[str, str, int]]:
        """Key, name and number of each verdict there is."""
        counts = Counter(card.exhibit.verdict for card in self.cards)
        return [(key, name, counts[key]) for key, name in VERDICTS.items() if counts[key]]

    @cached_property
    def kinds(self) -> list[tuple[str, int]]:
        """Each kind of media there is, and how often."""
        counts = Counter(card.kind for card in self.cards)
        return [(kind, counts[kind]) for kind in (*KINDS, "other") if counts[kind]]

    @cached_property
    def anchors(self) -> dict[tuple[str, int], str]:
        """The card of the first output of each step."""
        found: dict[tuple[str, int], str] = {}
        for card in self.cards:
            if card.run is not None and card.exhibit.step_index is not None:
                found.setdefault((card.run.run_id, card.exhibit.step_index), card.anchor)
        return found

    @cached_property
    def states(self) -> dict[tuple[str, int], str]:
        """What is known of the files of each step: exact if all are, else what is wrong with the first that is not."""
        found: dict[tuple[str, int], str] = {}
        for card in self.cards:
            if card.run is not None and card.exhibit.step_index is not None:
                key = (card.run.run_id, card.exhibit.step_index)
                if found.get(key, "exact") == "exact":
                    found[key] = card.exhibit.verdict
        return found

    def bars(self, run: ShownRun) -> dict[int, Bar]:
        """When the steps of a run ran."""
        return bars(run.steps)


def render(
    gallery: Gallery, target: Path, *, title: str | None = None, embedded_file_bytes: int = EMBEDDED_FILE_BYTES
) -> str:
    """Write the page of a gallery; equal galleries give equal pages.

    Args:
        gallery: What to show.
        target: Where the page will lie: links to files are relative to its folder.
        title: What to call it; made of the runs' names unless given.
        embedded_file_bytes: Sound and films up to this size become part of the page.

    Returns:
        The HTML.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("genblaze_gallery", "template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        clipped=clipped, money=money, moment=moment, seconds=seconds, cost_of=cost_of, prompt_of=prompt_of
    )
    environment.globals.update(node_width=NODE_WIDTH, node_height=NODE_HEIGHT, label_width=LABEL_WIDTH)
    source = Path(__file__).with_name("template")
    style, script = ((source / name).read_text("utf-8") for name in ("page.css", "page.js"))
    return environment.get_template("page.html").render(
        page=_page(gallery, target.absolute().parent, title, embedded_file_bytes),
        style=style,
        script=script,
        policy=_policy(style, script),
    )


def _policy(style: str, script: str) -> str:
    """The content security policy: our own style and script, and beyond the page only files beside it."""
    return (
        f"default-src 'none'; style-src {_allowed(style)}; script-src {_allowed(script)}; "
        "img-src data: 'self' file:; media-src data: 'self' file:; base-uri 'none'; form-action 'none'"
    )


def _allowed(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _page(gallery: Gallery, folder: Path, title: str | None, embedded_file_bytes: int) -> Page:
    runs = {run.run_id: run for run in gallery.runs}
    cards = [
        Card(f"exhibit-{number}", exhibit, runs.get(exhibit.run_id or ""))
        for number, exhibit in enumerate(gallery.exhibits, 1)
    ]
    with ThreadPoolExecutor(os.cpu_count() or 1, "genblaze-report") as executor:
        for card, picture in zip(cards, executor.map(_picture, cards), strict=True):
            card.picture = picture
    embedded = EmbeddedMedia(embedded_file_bytes, EMBEDDED_BYTES)
    for card in cards:
        _fill(card, folder, embedded)
    drawings = [layout(family) for family in families(gallery.runs) if len(family) > 1 or len(family[0].steps) > 1]
    return Page(title or _title(gallery), gallery, cards, drawings)


def _title(gallery: Gallery) -> str:
    names = list(dict.fromkeys(run.manifest.run.name or "unnamed" for run in gallery.runs))
    if not names:
        return "Nothing made yet"
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _picture(card: Card) -> str | None:
    exhibit = card.exhibit
    if exhibit.path is None or not exhibit.trusted or card.kind != "image":
        return None
    return thumbnail(exhibit.path)


def _fill(card: Card, folder: Path, embedded: EmbeddedMedia) -> None:
    exhibit = card.exhibit
    if exhibit.path is None or not exhibit.trusted:
        return
    if exhibit.url is None:
        card.link = quote(os.path.relpath(exhibit.path.absolute(), folder))
    if card.kind in {"video", "audio"}:
        card.media = embedded.url(exhibit.path, exhibit.media_type) or card.link
    elif card.kind == "text":
        card.text = excerpt(exhibit.path)
