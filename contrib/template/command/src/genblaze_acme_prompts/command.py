"""`genblaze acme-prompts`: says which prompts made files."""

from __future__ import annotations

from pathlib import Path

import click

from genblaze import extract_manifest


@click.command("acme-prompts")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def command(files: tuple[Path, ...]) -> None:
    """Say which models and prompts made FILES."""
    for path in files:
        for step in extract_manifest(path).run.steps:
            click.echo(f"{path}: {step.provider}/{step.model}: {step.prompt}")
