"""`genblaze models [PROVIDER]`: the models that plugins know, their days and prices, and the vendors' own lists."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from genblaze.errors import GenblazeError
from genblaze.plugins import default_plugins

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from genblaze.capabilities import Capability
    from genblaze.catalogue import KnownModel
    from genblaze.plugins import PluginManager
    from genblaze.providers.discovery import DiscoveryResult

__all__ = ["ask_vendor", "command", "has_key"]

ADVICE = "A model that is not listed is passed on to the vendor all the same."


class Row(NamedTuple):
    """A line of the table: a model of a provider, `state` in words."""

    provider: str
    model: str
    makes: str
    state: str
    price: str
    checked: str


@click.command("models", short_help="List models, with the days on which they end and what they cost.")
@click.argument("provider", metavar="[PROVIDER]", required=False)
@click.option("--live", is_flag=True, help="Ask the vendors for their own lists, where their keys are set.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(provider: str | None, *, live: bool, as_json: bool) -> int:
    """List the models that plugins know: what each makes, its state, its price, and the day that was looked at.

    PROVIDER is a provider's name, its alias or its vendor; without it all are listed. Without --live nobody is asked.
    With it, models that a vendor lists and no plugin knows are added, and known ones that are missing there are
    marked. The exit code is 1 when a vendor could not be asked.
    """
    plugins = default_plugins()
    offers = _offers(plugins, provider)
    lists = {offer.key: ask_vendor(plugins, offer) for offer in offers if live and has_key(offer)}
    rows = [row for offer in offers for row in _rows(offer, lists.get(offer.key))]
    for line in _document(rows) if as_json else _lines(rows):
        click.echo(line)
    for key, (answer, _) in lists.items():
        if answer.status != "ok":
            click.echo(f"{key}: {answer.detail or answer.status}", err=True)
    return int(any(answer.status == "failed" for answer, _ in lists.values()))


def has_key(offer: Capability) -> bool:
    """Whether a provider's key, if it needs one, is in the environment."""
    return not offer.environment or any(os.environ.get(name) for name in offer.environment)


def ask_vendor(plugins: PluginManager, offer: Capability) -> tuple[DiscoveryResult, Mapping[str, date]]:
    """Ask a provider's vendor for its list of models, and when they end; a failure is told, not raised."""
    from genblaze.jobs import GenerateContext, Request
    from genblaze.providers.discovery import DiscoveryResult

    request = Request(provider=offer.key, model="", step_id="", run_id="")
    try:
        job = plugins.generate(request, GenerateContext(output_dir=Path(plugins.config.output_dir)))
        provider = getattr(job, "provider", None)
        discover = getattr(provider, "discover_models", None)
        answer: DiscoveryResult | None = None if discover is None else discover(max_age_seconds=0)
    except GenblazeError as error:
        return DiscoveryResult.failed(str(error)), {}
    if answer is None:
        answer = DiscoveryResult.unsupported(detail="it has no list of models")
    return answer, getattr(provider, "shutdowns", {})


def _offers(plugins: PluginManager, name: str | None) -> list[Capability]:
    """The providers of that name, alias or vendor, or all.

    Raises:
        GenblazeError: Nobody is called that.
    """
    offers = [offer for offer, _ in plugins.capabilities("generate") if name is None or _is_called(offer, name)]
    if name is not None and not offers:
        known = sorted({name for offer, _ in plugins.capabilities("generate") for name in offer.names})
        msg = f"No provider is called {name}. There are: {', '.join(known) or 'none'}"
        raise GenblazeError(msg)
    return sorted(offers, key=lambda offer: offer.key)


def _is_called(offer: Capability, name: str) -> bool:
    return name in offer.names or offer.key.startswith(f"{name}-")


def _rows(offer: Capability, told: tuple[DiscoveryResult, Mapping[str, date]] | None) -> Iterator[Row]:
    listed = told[0].slugs if told is not None and told[0].status == "ok" else None
    days: Mapping[str, date] = {} if told is None else told[1]
    for model in offer.models:
        missing = "" if listed is None or model.name in listed else "; not in the vendor's list"
        state = _state(model, days.get(model.name, model.shutdown)) + missing
        checked = "" if model.checked is None else model.checked.isoformat()
        yield Row(offer.key, model.name, str(model.modality or ""), state, model.price or "price unknown", checked)
    for name in sorted((listed or frozenset()) - {model.name for model in offer.models}):
        state = _state(None, days[name]) if name in days else "in the vendor's list"
        yield Row(offer.key, name, "", state, "", "")


def _state(model: KnownModel | None, shutdown: date | None) -> str:
    if shutdown is None:
        return "live"
    gone = shutdown <= datetime.now(UTC).date()
    use = f"; {'use' if gone else 'then'} {model.replacement}" if model is not None and model.replacement else ""
    return f"{'gone since' if gone else 'until'} {shutdown.isoformat()}{use}"


def _lines(rows: Iterable[Row]) -> Iterator[str]:
    """The rows by provider, in columns."""
    rows = list(rows)
    widths = [max((len(row[at]) for row in rows), default=0) for at in range(len(Row._fields))]
    provider = None
    for row in rows:
        if row.provider != provider:
            provider = row.provider
            yield provider
        cells = (cell.ljust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        yield f"  {'  '.join(cells)}".rstrip()
    yield ADVICE


def _document(rows: Iterable[Row]) -> Iterator[str]:
    found: list[Mapping[str, Any]] = [{name: value or None for name, value in row._asdict().items()} for row in rows]
    yield json.dumps({"models": found}, indent=2)
