"""The plugin: the commands `report`, `index`, `search` and `lineage`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze import hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def register_commands(cli: click.Group) -> None:
    """Add the commands; what they need is imported when they run."""
    from genblaze_gallery.commands import COMMANDS

    for command in COMMANDS:
        cli.add_command(command)
