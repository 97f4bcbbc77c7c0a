"""Questions to an index, and the steps that answer them."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import msgspec

from genblaze import InvalidValueError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from genblaze_gallery.index import Index

__all__ = ["Hit", "Query", "search"]

SHORTEST_HASH: Final = 4
"""Digits of a hash that are enough to look for it."""

_WORDS = re.compile(r'"([^"]*)"|(\S+)')
_HASH = re.compile(rf"[0-9a-f]{{{SHORTEST_HASH},64}}")
_MOMENT = re.compile(r"\d{4}(-\d\d(-\d\d([T ]\d\d:\d\d(:\d\d)?)?)?)?")


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for; a step is found when all that is said holds of it.

    Attributes:
        text: Words of the prompt, in any order, by their beginnings; "in quotes" they stand as they are.
        model: The model's name; `*` stands for anything.
        provider: The provider's name; `*` stands for anything.
        modality: image, video, audio or text.
        status: succeeded, failed, …
        since: The run began then or later: a day, a month, a year, or a time (UTC).
        until: The run began before that.
        min_cost: US dollars that the step cost at least.
        max_cost: US dollars that the step cost at most.
        run: The beginning of a run's id.
        parent: The beginning of the id of the run that this one goes on from.
        hash: The beginning of the digest of a file that the step took in or made, or of the manifest's hash.
        limit: How many hits at most; the newest come first.
    """

    text: str | None = None
    model: str | None = None
    provider: str | None = None
    modality: str | None = None
    status: str | None = None
    since: str | None = None
    until: str | None = None
    min_cost: float | None = None
    max_cost: float | None = None
    run: str | None = None
    parent: str | None = None
    hash: str | None = None
    limit: int = 50


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A step that was found.

    Attributes:
        run_id: The run.
        run_name: The pipeline's name.
        parent_run_id: The run that this one goes on from.
        canonical_hash: The hash of the manifest.
        created_at: When the run began, in UTC.
        step_index: Position of the step in the run, from 0.
        provider: The provider's name.
        model: The model that ran.
        modality: What kind of media the step makes.
        status: How the step ended.
        prompt: The prompt, if it is public.
        cost_usd: US dollars, where they are known.
        files: Its outputs where they were found, or else the files that tell of it: paths and URLs.
        outputs: The SHA-256 of what it made.
    """

    run_id: str
    run_name: str | None
    parent_run_id: str | None
    canonical_hash: str
    created_at: str
    step_index: int
    provider: str | None
    model: str
    modality: str
    status: str
    prompt: str | None
    cost_usd: float | None
    files: list[str]
    outputs: list[str]


# What fits is found first, so that only what is shown is looked up.
_SELECT: Final = """
SELECT m.run_id, m.name, m.parent_run_id, m.canonical_hash, m.created_at, s.step_index, s.provider, s.model, s.modality,
       s.status, s.prompt, s.cost_usd,
       (SELECT json_group_array(f.address) FROM files f WHERE f.manifest = m.id),
       (SELECT json_group_array(json_array(a.asset_id, a.sha256, a.url)) FROM assets a
        WHERE a.step = s.id AND a.role = 'output')
FROM (SELECT s.id FROM manifests m JOIN steps s ON s.manifest = m.id
      WHERE {conditions} ORDER BY {order} LIMIT ?) AS found
JOIN steps s ON s.id = found.id JOIN manifests m ON m.id = s.manifest ORDER BY {order}
"""
_NEWEST_FIRST: Final = "m.created_at DESC, m.run_id DESC, m.id DESC, s.step_index"


def search(index: Index, query: Query) -> list[Hit]:
    """The steps that answer a question, those of the newest runs first.

    Raises:
        InvalidValueError: The question cannot be understood.
    """
    conditions = list(_conditions(query))
    where = " AND ".join(condition for condition, _ in conditions) or "TRUE"
    values = [value for _, given in conditions for value in given]
    statement = _SELECT.format(conditions=where, order=_NEWEST_FIRST)  # what users write stands in `values`
    return _merged(_hit(row) for row in index.db.execute(statement, (*values, query.limit)))


def _merged(hits: Iterable[Hit]) -> list[Hit]:
    """One hit for each step: several manifests may tell of it, in files and in stores, with its prompt and without."""
    merged: dict[tuple[str, int], Hit] = {}
    for hit in hits:
        key = (hit.run_id, hit.step_index)
        other = merged.setdefault(key, hit)
        if other is not hit:
            files = sorted({*other.files, *hit.files})
            merged[key] = msgspec.structs.replace(hit if other.prompt is None else other, files=files)
    return list(merged.values())


def _conditions(query: Query) -> Iterator[tuple[str, list[Any]]]:
    if query.text is not None:
        yield "s.id IN (SELECT rowid FROM prompts WHERE prompts MATCH ?)", [_match(query.text)]
    for column in ("model", "provider"):
        if (wanted := getattr(query, column)) is not None:
            yield f"s.{column} GLOB ?", [_glob(wanted)]
    for column in ("modality", "status"):
        if (wanted := getattr(query, column)) is not None:
            yield f"s.{column} = ?", [wanted]
    yield from _conditions_of_size(query)
    for column, wanted in (("run_id", query.run), ("parent_run_id", query.parent)):
        if wanted is not None:
            yield f"m.{column} GLOB ?", [f"{_literal(wanted)}*"]
    if query.hash is not None:
        yield _has_hash(query.hash)


def _conditions_of_size(query: Query) -> Iterator[tuple[str, list[Any]]]:
    if query.since is not None:
        yield "m.created_at >= ?", [_moment("since", query.since)]
    if query.until is not None:
        yield "m.created_at < ?", [_moment("until", query.until)]
    if query.min_cost is not None:
        yield "s.cost_usd >= ?", [query.min_cost]
    if query.max_cost is not None:
        yield "s.cost_usd <= ?", [query.max_cost]


def _has_hash(wanted: str) -> tuple[str, list[Any]]:
    if not _HASH.fullmatch(wanted.lower()):
        msg = f"hash {wanted!r}: write the first {SHORTEST_HASH} to 64 digits of a SHA-256, 0-9 and a-f"
        raise InvalidValueError(msg)
    condition = (
        "s.id IN (SELECT step FROM assets WHERE sha256 >= ? AND sha256 < ? UNION SELECT s.id FROM steps s "
        "JOIN manifests m ON m.id = s.manifest WHERE m.canonical_hash >= ? AND m.canonical_hash < ?)"
    )
    start, end = wanted.lower(), f"{wanted.lower()}g"  # "g" follows all digits
    return condition, [start, end, start, end]


def _match(text: str) -> str:
    """The words as FTS5 wants them: nothing that the user writes is syntax, except for quotes around a phrase."""
    terms = []
    for phrase, word in _WORDS.findall(text):
        if any(char.isalnum() for char in phrase or word):
            quoted = (phrase or word).replace('"', " ")
            terms.append(f'"{quoted}"' if phrase else f'"{quoted}"*')
    if not terms:
        msg = f"text {text!r}: there is no word in it to look for"
        raise InvalidValueError(msg)
    return " ".join(terms)


def _literal(text: str) -> str:
    """A text in which GLOB sees nothing special."""
    return re.sub(r"[*?\[]", r"[\g<0>]", text)


def _glob(text: str) -> str:
    return "*".join(_literal(part) for part in text.split("*"))


def _moment(name: str, text: str) -> str:
    if not _MOMENT.fullmatch(text):
        msg = f"{name} {text!r}: write a day (2026-11-25), a month, a year or a time (2026-11-25T14:00), in UTC"
        raise InvalidValueError(msg)
    return text.replace(" ", "T")


def _hit(row: sqlite3.Row | tuple[Any, ...]) -> Hit:
    *told, files, outputs = row
    made = json.loads(outputs)
    names = {name for asset_id, _, url in made for name in (asset_id, _stem(url))}
    addresses = sorted(json.loads(files))
    own = [address for address in addresses if _stem(address) in names]
    fields = [name for name in Hit.__struct_fields__ if name not in {"files", "outputs"}]
    digests = [sha256 for _, sha256, _ in made if sha256]
    return Hit(**dict(zip(fields, told, strict=True)), files=own or addresses, outputs=digests)


def _stem(address: str) -> str:
    path = unquote(urlsplit(address).path) if "://" in address else address
    return PurePosixPath(path).stem
