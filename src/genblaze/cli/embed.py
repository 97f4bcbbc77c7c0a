"""`genblaze embed`: puts a manifest into a file, or beside it where the file cannot hold one."""

from __future__ import annotations

from pathlib import Path

import click

from genblaze.cli.terminal import printable
from genblaze.embedding import content_digest, embed_manifest
from genblaze.embedding.mediafile import outputs_by_digest
from genblaze.embedding.sidecars import read_document
from genblaze.models.manifest import parse_manifest

__all__ = ["command"]


@click.command("embed", short_help="Put a manifest into a file.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--manifest",
    "document",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The manifest, a JSON file.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the file that carries it here and leave FILE as it is.",
)
@click.option("--full", is_flag=True, help="Embed private prompts too, instead of redacting them.")
def command(file: Path, document: Path, output: Path | None, *, full: bool) -> None:
    """Put a manifest into FILE, in place, replacing the one that is there.

    A file that cannot hold one gets a sidecar, FILE.genblaze.json. The content is never touched: `genblaze
    strip` gives it back byte for byte.
    """
    manifest = parse_manifest(read_document(document))
    result = embed_manifest(file, manifest, output=output, full=full)
    click.echo(f"{result.method}  {printable(result.sidecar_path or result.path)}")
    if result.embed_error:
        click.echo(f"Not in the file itself: {printable(result.embed_error)}.", err=True)
    digest = result.content or content_digest(result.path)
    if digest.sha256 not in outputs_by_digest(manifest):
        click.echo(
            f"Warning: the manifest does not list this content (sha256 {digest.sha256[:12]}…); "
            "`genblaze verify` will not accept the file.",
            err=True,
        )
