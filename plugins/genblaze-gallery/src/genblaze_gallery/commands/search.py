"""`genblaze search`: finds steps by what they were asked for, by whom, when, for how much."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from genblaze_gallery.commands.options import existing_index, index_option, printable

__all__ = ["search"]

_PROMPT = 72


@click.command("search", short_help="Find what was made, by prompt, model, date, cost.")
@click.argument("words", nargs=-1)
@index_option
@click.option("--model", help="Name of the model; * stands for anything.")
@click.option("--provider", help="Name of the provider; * stands for anything.")
@click.option("--modality", type=click.Choice(["image", "video", "audio", "text"]), help="What kind of media it is.")
@click.option("--status", help="succeeded, failed, …")
@click.option("--since", metavar="DATE", help="From this day, month, year or time on (UTC).")
@click.option("--until", metavar="DATE", help="Before this day, month, year or time (UTC).")
@click.option("--min-cost", type=float, metavar="USD", help="What the step cost at least.")
@click.option("--max-cost", type=float, metavar="USD", help="What the step cost at most.")
@click.option("--run", metavar="ID", help="The beginning of the run's id.")
@click.option("--parent", metavar="ID", help="The beginning of the id of the run that it goes on from.")
@click.option("--hash", "hash_", metavar="SHA256", help="The beginning of the digest of a file or manifest.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def search(
    ctx: click.Context,
    /,
    words: tuple[str, ...],
    *,
    index_file: Path | None,
    hash_: str | None,
    as_json: bool,
    **how: Any,
) -> None:
    """Find steps whose prompt has all WORDS (by their beginnings), and that fit the options; the newest first.

    It asks the index and reads no file: run `genblaze index` when files have changed.

    Exits with 1 when nothing is found.
    """
    import msgspec

    from genblaze_gallery.searching import Query
    from genblaze_gallery.searching import search as find

    with existing_index(index_file) as opened:
        hits = find(opened, Query(text=" ".join(words) or None, hash=hash_, **how))
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode({"version": 1, "hits": hits}), indent=2).decode())
    for hit in () if as_json else hits:
        cost = "–" if hit.cost_usd is None else f"${hit.cost_usd:.4g}"  # noqa: RUF001 - a dash is what is meant
        prompt = hit.prompt or ""
        shown = prompt if len(prompt) <= _PROMPT else f"{prompt[:_PROMPT]}…"
        click.echo(f"{hit.created_at[:16]}  {printable(hit.model)}  {cost}  {printable(shown)}")
        for file in hit.files:
            click.echo(f"    {printable(file)}")
    ctx.exit(0 if hits else 1)
