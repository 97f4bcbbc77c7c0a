"""`genblaze plugins`: what is installed, what it offers, which plugin is selected for each key and why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
import msgspec

from genblaze.plugins import PluginRecord, Selection, default_plugins

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from genblaze.capabilities import Capability

__all__ = ["command"]

COLOURS = {"loaded": "green", "failed": "red", "blocked": "yellow"}


@click.command("plugins", short_help="Show which plugins are installed, chosen and broken.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, as_json: bool) -> None:
    """List every plugin with its distribution, version, hooks and keys, and what failed to load and why.

    Then, for each key, the plugin that is selected and what decided: a setting, a more specific key, a higher
    priority, or that it is the only one.
    """
    plugins = default_plugins()
    records, selections = plugins.records(), plugins.selections()
    if as_json:
        click.echo(json.dumps(_document(records, selections), indent=2))
        return
    for line in (*_plugin_lines(records), "", *_selection_lines(selections)):
        click.echo(line)


def _document(records: Sequence[PluginRecord], selections: Sequence[Selection]) -> dict[str, Any]:
    return {
        "plugins": [msgspec.to_builtins(record, enc_hook=_name_of) for record in records],
        "selected": [msgspec.to_builtins(selection) for selection in selections],
    }


def _name_of(check: Any) -> str:
    """What JSON shows of a capability's function."""
    return f"{check.__module__}:{check.__qualname__}"


def _plugin_lines(records: Sequence[PluginRecord]) -> Iterator[str]:
    """A line for each plugin, with its keys or its error indented below."""
    widths = [max((len(cell) for cell in column), default=0) for column in zip(*map(_cells, records), strict=True)]
    yield f"Plugins ({len(records)}):"
    for record in records:
        name, origin = (cell.ljust(width) for cell, width in zip(_cells(record), widths, strict=True))
        hooks = ", ".join(hook for hook in record.hooks if hook != "provides")
        status = click.style(record.status.ljust(7), fg=COLOURS[record.status])
        yield f"  {name}  {origin}  {status}  {hooks}".rstrip()
        for capability in record.capabilities:
            yield f"      {_offer(capability)}"
        if record.error:
            yield f"      {record.error}"


def _cells(record: PluginRecord) -> tuple[str, str]:
    origin = f"{record.distribution} {record.version}" if record.distribution else "(program)"
    return record.name, origin


def _offer(capability: Capability) -> str:
    """A key with what belongs to it: `generate openai-dalle (image; also: openai)  DALL-E images`."""
    details = [", ".join(capability.modalities)] if capability.modalities else []
    if capability.aliases:
        details.append(f"also: {', '.join(capability.aliases)}")
    if capability.priority:
        details.append(f"priority {capability.priority}")
    brackets = f" ({'; '.join(details)})" if details else ""
    return f"{capability.hook} {capability.key}{brackets}  {capability.summary}".rstrip()


def _selection_lines(selections: Sequence[Selection]) -> Iterator[str]:
    yield f"Selected ({len(selections)}):"
    hook_width = max((len(each.hook) for each in selections), default=0)
    key_width = max((len(each.key) for each in selections), default=0)
    for each in selections:
        plugin = each.plugin or click.style("undecided", fg="red")
        yield f"  {each.hook.ljust(hook_width)}  {each.key.ljust(key_width)}  {plugin}: {each.reason}"
