"""`genblaze index`: reads manifests where they lie, so that they can be searched."""

from __future__ import annotations

from pathlib import Path

import click

from genblaze_gallery.commands.options import file_of_index, index_option, printable

__all__ = ["index"]


@click.command("index", short_help="Index manifests in folders and buckets.")
@click.argument("places", nargs=-1, metavar="[FOLDER|FILE|URL]...")
@index_option
@click.option("--rebuild", is_flag=True, help="Read everything again, not only what has changed.")
@click.option("--forget", multiple=True, metavar="PLACE", help="Leave out a place from now on; may be repeated.")
@click.pass_context
def index(
    ctx: click.Context, places: tuple[str, ...], *, index_file: Path | None, rebuild: bool, forget: tuple[str, ...]
) -> None:
    """Read the manifests in folders and buckets (s3://bucket/prefix), and keep what they say for `genblaze search`.

    What was read before and has not changed is not read again. Without a place, all places that the index knows are
    brought up to date; the first time it is the output folder.

    Exits with 1 when a place cannot be read; the others are brought up to date nevertheless.
    """
    from genblaze import GenblazeError
    from genblaze.config import load_config
    from genblaze_gallery.index import Index

    failed = False
    with Index(file_of_index(index_file)) as opened:
        known = opened.places() or [load_config().output_dir]
        if rebuild:
            opened.clear()
        for place in forget:
            opened.forget(place if place in known else str(Path(place).resolve()))
        for place in places or [each for each in known if each not in forget]:
            try:
                done = opened.refresh(place)
            except GenblazeError as error:
                failed = True
                click.echo(f"failed  {printable(place)}  {printable(error)}", err=True)
            else:
                told = f"{done.added} added, {done.changed} changed, {done.removed} removed, {done.unchanged} unchanged"
                click.echo(f"{printable(done.root)}: {told}")
        runs, steps, files = opened.counts()
        click.echo(f"{runs} runs, {steps} steps, told by {files} files")
    ctx.exit(1 if failed else 0)
