"""What genblaze loads: the hooks of the plugin, and no heavy import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze import hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def register_commands(cli: click.Group) -> None:
    """Add `genblaze acme-prompts`."""
    from genblaze_acme_prompts.command import command

    cli.add_command(command)
