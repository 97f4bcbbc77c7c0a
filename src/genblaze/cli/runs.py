"""`genblaze runs [RUN]`: what the journal of paid work knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from genblaze.errors import GenblazeError

if TYPE_CHECKING:
    from genblaze.journal import Journal, RunRecord


@click.command()
@click.argument("run_id", metavar="[RUN]", required=False)
@click.option("--output-dir", type=click.Path(file_okay=False, path_type=Path), help="Folder with the journal.")
@click.option(
    "--prune",
    type=click.FloatRange(min=0),
    metavar="DAYS",
    help="Forget runs that ended so long ago, but none with a step that is not collected or held.",
)
def command(run_id: str | None, output_dir: Path | None, prune: float | None) -> None:
    """List runs with paid steps, or the paid steps of one RUN (the beginning of its id is enough)."""
    journal = journal_of(output_dir)
    if prune is not None:
        forgotten = journal.prune((datetime.now(UTC) - timedelta(days=prune)).timestamp())
        click.echo(f"forgot {forgotten} runs; {journal.path} has {journal.path.stat().st_size} bytes now")
        return
    if run_id is None:
        for record in journal.runs():
            started = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%d %H:%M")
            click.echo(f"{record.run_id}  {started}  {record.status:9}  {record.name or ''}")
        return
    record = run_of(journal, run_id)
    click.echo(f"{record.run_id}  {record.status}  {record.name or ''}")
    for index, entry in journal.entries(record.run_id).items():
        click.echo(f"  step {index}  {entry.state:9}  {entry.provider}/{entry.model}  {entry.job_id or ''}")


def journal_of(output_dir: Path | None) -> Journal:
    """The journal in a folder of outputs.

    Raises:
        GenblazeError: There is none.
    """
    from genblaze.journal import open_journal
    from genblaze.pipeline.run_journal import JOURNAL_FILE
    from genblaze.plugins import default_plugins

    path = (output_dir or Path(default_plugins().config.output_dir)) / JOURNAL_FILE
    if not path.is_file():
        msg = f"There is no journal at {path}: no paid step has run there. Name another folder with --output-dir"
        raise GenblazeError(msg)
    return open_journal(path)


def run_of(journal: Journal, run_id: str) -> RunRecord:
    """The run of an id, or of the beginning of one.

    Raises:
        GenblazeError: The journal knows none, or several.
    """
    record = journal.run(run_id)
    if record is None:
        msg = f"The journal {journal.path} knows no run {run_id}, or more than one; `genblaze runs` lists them"
        raise GenblazeError(msg)
    return record
