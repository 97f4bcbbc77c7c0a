"""`genblaze index`: reads manifests where they lie, so that they can be searched."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from genblaze_gallery.commands.options import file_of_index, index_option, printable

if TYPE_CHECKING:
    from genblaze_gallery.index import Index

__all__ = ["index"]


@click.command("index", short_help="Index manifests in folders and buckets.")
@click.argument("places", nargs=-1, metavar="[FOLDER|FILE|URL]...")
@index_option
@click.option("--rebuild", is_flag=True, help="Read all known places again, not only what has changed.")
@click.option("--forget", multiple=True, metavar="PLACE", help="Leave out a place from now on; may be repeated.")
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), hidden=True)
@click.pass_context
def index(
    ctx: click.Context,
    places: tuple[str, ...],
    *,
    index_file: Path | None,
    rebuild: bool,
    forget: tuple[str, ...],
    output: Path | None,
) -> None:
    """Read the manifests in folders and buckets (s3://bucket/prefix), and keep what they say for `genblaze search`.

    What was read before and has not changed is not read again. Without a place, all places that the index knows are
    brought up to date; the first time it is the output folder.

    Exits with 1 when a place cannot be read; the others are brought up to date nevertheless.
    """
    if output is not None:
        _write_tables(ctx.find_root(), places, output)
        return
    from genblaze.config import load_config
    from genblaze_gallery.index import Index

    with Index(file_of_index(index_file)) as opened:
        known = opened.places()
        forgotten = [place if place in known else str(Path(place).resolve()) for place in forget]
        for place in forgotten:
            opened.forget(place)
        if rebuild:
            opened.clear()
        kept = [place for place in known or [load_config().output_dir] if place not in forgotten]
        wanted = [*places, *(kept if rebuild or not places else [])]
        refreshed = [_refresh(opened, place) for place in dict.fromkeys(wanted)]
        runs, steps, files = opened.counts()
        click.echo(f"{runs} runs, {steps} steps, told by {files} files")
    ctx.exit(0 if all(refreshed) else 1)


def _write_tables(root: click.Context, manifests: tuple[str, ...], output: Path) -> None:
    """What `-o` means to the published command of this name, and `genblaze tables` does here."""
    assert isinstance(root.command, click.Group)  # noqa: S101 - it is `genblaze`
    tables = root.command.get_command(root, "tables")
    if tables is None:
        msg = "-o writes Parquet tables, as `genblaze tables` does: pip install genblaze-parquet"
        raise click.UsageError(msg)
    for manifest in manifests:
        root.invoke(tables, manifest=Path(manifest), output=output)


def _refresh(index: Index, place: str) -> bool:
    """Bring one place up to date and tell what has changed; whether it could be read."""
    from genblaze import GenblazeError

    try:
        done = index.refresh(place)
    except GenblazeError as error:
        click.echo(f"failed  {printable(place)}  {printable(error)}", err=True)
        return False
    told = f"{done.added} added, {done.changed} changed, {done.removed} removed, {done.unchanged} unchanged"
    click.echo(f"{printable(done.root)}: {told}")
    return True
