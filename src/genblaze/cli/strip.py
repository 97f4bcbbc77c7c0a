"""`genblaze strip`: takes our manifest out of a file, which gives back the content as it was generated."""

from __future__ import annotations

from pathlib import Path

import click

from genblaze.cli.terminal import printable
from genblaze.embedding import sidecar_path, strip_manifest

__all__ = ["command"]


@click.command("strip", short_help="Take the manifest out of a file.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the content here and leave FILE as it is.",
)
def command(file: Path, output: Path | None) -> None:
    """Take the manifest out of FILE, in place, and print the SHA-256 of the content that is left.

    It is the digest that the manifest lists, unless somebody changed the file. A sidecar is a file of its own
    and stays.
    """
    digest = strip_manifest(file, output=output)
    click.echo(f"{digest.sha256}  {printable(output or file)}")
    if sidecar_path(file).exists():
        click.echo(f"The sidecar {printable(sidecar_path(file))} was left as it is.", err=True)
