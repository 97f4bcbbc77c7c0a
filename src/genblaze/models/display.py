"""Records in a notebook: small HTML without scripts, in which text from others stays text.

Nothing that is not public is shown: notebooks are saved and sent around.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from genblaze.data_urls import data_url
from genblaze.file_urls import local_file
from genblaze.models.enums import PromptVisibility, StepStatus
from genblaze.models.privacy import is_redacted

if TYPE_CHECKING:
    from genblaze.models.asset import Asset
    from genblaze.models.manifest import Manifest
    from genblaze.models.run import Run
    from genblaze.models.step import Step

__all__ = ["asset_html", "judgements_html", "manifest_html", "result_html"]

LARGEST_FILE: Final = 2 << 20
"""Larger files are linked to, if they lie below the working folder, or named."""

LARGEST_DISPLAY: Final = 6 << 20
"""All files of one display together."""

_LONGEST_TEXT: Final = 300
_SHOWN_STEPS: Final = 100

# How the formats begin that browsers show: what a record merely calls a picture is not sent around with the notebook.
_MAGIC: Final[dict[str, tuple[int, tuple[bytes, ...]]]] = {
    "image/png": (0, (b"\x89PNG",)),
    "image/jpeg": (0, (b"\xff\xd8\xff",)),
    "image/gif": (0, (b"GIF8",)),
    "image/webp": (8, (b"WEBP",)),
    "image/avif": (4, (b"ftyp",)),
    "video/mp4": (4, (b"ftyp",)),
    "video/webm": (0, (b"\x1a\x45\xdf\xa3",)),
    "audio/mp4": (4, (b"ftyp",)),
    "audio/wav": (8, (b"WAVE",)),
    "audio/mpeg": (0, (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")),
    "audio/flac": (0, (b"fLaC",)),
    "audio/ogg": (0, (b"OggS",)),
}
_MEDIA: Final = {
    "image": '<img src="{src}" alt="{name}" loading="lazy" style="max-width:100%;max-height:240px">',
    "video": '<video src="{src}" controls preload="metadata" style="max-width:100%;max-height:240px"></video>',
    "audio": '<audio src="{src}" controls preload="metadata" style="max-width:100%"></audio>',
}
_FIGURE: Final = (
    '<figure style="margin:0;max-width:340px">{media}<figcaption style="font-size:smaller;opacity:.75">{caption}'
    "</figcaption></figure>"
)
_CELL: Final = '<td style="text-align:left;vertical-align:top">{}</td>'


class _Room:
    """How much media one display may still take in."""

    def __init__(self) -> None:
        self._left = LARGEST_DISPLAY

    def source(self, path: Path, media_type: str) -> str | None:
        """Where a browser gets a file: out of the page, or from the working folder; None if from neither."""
        offset, beginnings = _MAGIC[media_type]
        try:
            with path.open("rb") as file:
                head = file.read(16)
                if not head.startswith(beginnings, offset):
                    return None
                size = os.fstat(file.fileno()).st_size
                if size > min(LARGEST_FILE, self._left):
                    return _relative(path)
                self._left -= size
                return data_url(head + file.read(LARGEST_FILE), media_type)
        except OSError:
            return None


def asset_html(asset: Asset) -> str:
    """An asset with its picture or player, if it lies on this machine."""
    return _figure(asset, local_file(asset.url), _Room())


def manifest_html(manifest: Manifest) -> str:
    """A manifest in a few lines; it may be from elsewhere, so nothing that it names is opened."""
    report = manifest.verification_report()
    state = "intact" if report.hash_ok else "not what its hash says"
    hash_ = f"<code>{escape(manifest.canonical_hash[:16])}…</code> {state}" if manifest.canonical_hash else "not hashed"
    return f"<div>{_heading(manifest.run)}<div>Manifest {hash_}</div>{_steps(manifest.run.steps)}</div>"


def result_html(manifest: Manifest, paths: Mapping[str, Path]) -> str:
    """The outcome of a run: its outputs with thumbnails and players, and its manifest.

    Args:
        manifest: The manifest of the run.
        paths: The local files, by the ids of their assets.
    """
    room = _Room()
    figures = [_figure(asset, paths.get(asset.asset_id), room) for step in manifest.run.steps for asset in step.assets]
    shown = f'<div style="display:flex;flex-wrap:wrap;gap:12px;margin:8px 0">{"".join(figures)}</div>'
    return f"<div>{shown}{manifest_html(manifest)}</div>"


def judgements_html(judged: Iterable[tuple[bool, float | None]]) -> str:
    """How attempts were judged, one after the other: whether each passed, and its score."""
    words = [
        f"{number}: {'passed' if passed else 'not passed'}{'' if score is None else f' ({score:.4g})'}"
        for number, (passed, score) in enumerate(judged, 1)
    ]
    return f"<div>{escape(', '.join(words))}</div>"


def _figure(asset: Asset, path: Path | None, room: _Room) -> str:
    kind = asset.media_type.partition("/")[0]
    source = room.source(path, asset.media_type) if path is not None and asset.media_type in _MAGIC else None
    name = path.name if path is not None else asset.asset_id
    media = "" if source is None else _MEDIA[kind].format(src=escape(source), name=escape(name))
    facts = [name, asset.media_type]
    if asset.width and asset.height:
        facts.append(f"{asset.width} x {asset.height}")
    if asset.duration is not None:
        facts.append(f"{asset.duration:.1f} s")
    return _FIGURE.format(media=media, caption=" · ".join(escape(_short(fact)) for fact in facts))


def _heading(run: Run) -> str:
    known = [step.cost_usd for step in run.steps if step.cost_usd is not None]
    facts = [run.status.value, f"{len(run.steps)} steps", *([f"${sum(known):.4g}"] if known else [])]
    name = escape(_short(run.name or "Run"))
    return f"<div><strong>{name}</strong> · {' · '.join(facts)} · <code>{escape(run.run_id[:8])}</code></div>"


def _steps(steps: list[Step]) -> str:
    rows = "".join(_row(index, step) for index, step in enumerate(steps[:_SHOWN_STEPS]))
    more = len(steps) - _SHOWN_STEPS
    rest = f"<tr>{_cells([f'and {more} more'])}</tr>" if more > 0 else ""
    return f"<table><tbody>{rows}{rest}</tbody></table>"


def _row(index: int, step: Step) -> str:
    said = (step.error if _is_public(step) else None) or step.status.value  # errors may repeat the prompt
    outcome = f"{len(step.assets)} outputs" if step.status == StepStatus.SUCCEEDED else said
    cost = "" if step.cost_usd is None else f"${step.cost_usd:.4g}"
    return f"<tr>{_cells([str(index), f'{step.provider}/{step.model}', _prompt(step), outcome, cost])}</tr>"


def _cells(texts: Iterable[str]) -> str:
    return "".join(_CELL.format(escape(_short(text))) for text in texts)


def _prompt(step: Step) -> str:
    if step.prompt is None:
        return ""
    return step.prompt if _is_public(step) else "(hidden)"


def _is_public(step: Step) -> bool:
    return step.prompt_visibility == PromptVisibility.PUBLIC and not is_redacted(step.prompt)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"


def _relative(path: Path) -> str | None:
    """The path from the working folder, from where notebooks serve files."""
    try:
        return quote(path.resolve().relative_to(Path.cwd()).as_posix())
    except (OSError, ValueError):
        return None
