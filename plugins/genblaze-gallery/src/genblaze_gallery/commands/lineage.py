"""`genblaze lineage`: where a file came from, and what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from genblaze_gallery.commands.options import existing_index, file_of_index, index_option, printable

if TYPE_CHECKING:
    from genblaze_gallery.lineage import History

__all__ = ["lineage"]


@click.command("lineage", short_help="Show where a file came from, and what came of it.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@index_option
@click.option(
    "--in", "places", multiple=True, metavar="PLACE", help="Look in this folder or bucket, too; may be repeated."
)
@click.option("--json", "as_json", is_flag=True, help="Print W3C PROV as JSON.")
def lineage(file: Path, *, index_file: Path | None, places: tuple[str, ...], as_json: bool) -> None:
    """Show the steps that FILE came from, those that took it in, and the runs around it.

    They are known from its own manifest, from the index (see `genblaze index`), and from the places that are named
    with --in. Files are bound together by their content, not by their names.
    """
    from contextlib import ExitStack

    from genblaze_gallery.index import Index
    from genblaze_gallery.lineage import Sources, content_of_file, history_of

    found = content_of_file(file)
    with ExitStack() as stack:
        own = stack.enter_context(Index(None))
        for place in (str(file), *places):
            own.refresh(place)
        indexes = [own]
        if index_file is not None or file_of_index(None).is_file():
            indexes.append(stack.enter_context(existing_index(index_file)))
        history = history_of(found.sha256, Sources(indexes))
        if as_json:
            _print_prov(history)
        else:
            click.echo(f"{printable(file)}  {found.media_type}  sha256 {found.sha256[:12]}  {found.note}")
            _draw(history)


def _print_prov(history: History) -> None:
    import json

    from genblaze_gallery.prov import prov_json

    click.echo(json.dumps(prov_json(history), indent=2, ensure_ascii=False))


def _draw(history: History) -> None:
    from genblaze_gallery.tree import future, lines_of, past, relatives

    for branch in (past(history), future(history), relatives(history)):
        if branch is not None:
            click.echo(branch.text if branch.below else f"{branch.text} nothing that is known")
            for line in lines_of(branch):
                click.echo(printable(line))
