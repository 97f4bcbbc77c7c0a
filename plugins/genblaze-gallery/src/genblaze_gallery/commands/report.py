"""`genblaze report`: one page to look at what was made, who made it, and whether it is still the same."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["report"]


@click.command("report", short_help="Write a page to look at what was made.")
@click.argument("sources", nargs=-1, metavar="[RUN|FOLDER|FILE|URL]...")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="The page.",
)
@click.option("--title", help="What to call the page; the names of the runs unless given.")
@click.option(
    "--embed-limit",
    type=click.IntRange(min=0),
    default=8,
    show_default=True,
    metavar="MIB",
    help="Put sound and films up to this size into the page; larger ones are linked to.",
)
def report(sources: tuple[str, ...], output: Path, title: str | None, embed_limit: int) -> None:
    """Write one HTML page about runs and their files: gallery, lineage, times, costs, and the state of each file.

    A source is a folder, a media file, a manifest, a URL of a store or manifest (s3://bucket/prefix), or the id of a
    run whose files are in the output folder; the beginning of an id is enough. Without any it is the output folder.

    Every file is verified; what lies in a store that was named is read there. The page needs nothing beside it,
    except for what it links to, and asks nobody for anything. Prompts that are not public are hidden.
    """
    from tempfile import TemporaryDirectory

    from genblaze.atomic import atomic_write
    from genblaze.config import load_config
    from genblaze_gallery.collecting import collect
    from genblaze_gallery.page import render

    folder = Path(load_config().output_dir)
    with TemporaryDirectory(prefix="genblaze-") as workspace:
        gallery = collect(sources or (str(folder),), output_dir=folder, workspace=Path(workspace))
        html = render(gallery, output, title=title, embedded_file_bytes=embed_limit << 20)
    with atomic_write(output) as file:
        file.write(html.encode())
    wrong = sum(exhibit.verdict != "exact" for exhibit in gallery.exhibits)
    state = "all verified" if not wrong else f"{wrong} not verified"
    click.echo(f"{output}: {len(gallery.exhibits)} files of {len(gallery.runs)} runs, {state}")
