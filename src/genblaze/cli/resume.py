"""`genblaze resume [RUN]`: finish what a process that died had begun, without buying anything twice."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from genblaze.cli.runs import journal_of, run_of
from genblaze.errors import GenblazeError

if TYPE_CHECKING:
    from genblaze.journal import RunRecord


@click.command()
@click.argument("run_id", metavar="[RUN]", required=False)
@click.option("--resend", is_flag=True, help="Buy again where nobody knows whether the vendor took the request.")
@click.option("--output-dir", type=click.Path(file_okay=False, path_type=Path), help="Folder with the journal.")
def command(run_id: str | None, resend: bool, output_dir: Path | None) -> None:
    """Take up RUN, or every run that a dead process left: known jobs are collected, and only the rest is bought."""
    journal = journal_of(output_dir)
    records = journal.unfinished() if run_id is None else [run_of(journal, run_id)]
    if not records:
        click.echo("nothing to resume")
    finished = [_resume(record, resend=resend) for record in records]
    if not all(finished):
        sys.exit(1)


def _resume(record: RunRecord, *, resend: bool) -> bool:
    """Take up one run and say how it ended."""
    from genblaze.pipeline.template import PipelineTemplate

    if record.template is None:
        click.echo(
            f"{record.run_id}  not resumed: its pipeline is not in the journal (private prompts or external inputs); "
            "call Pipeline.resume(run_id) in the program that declares it",
            err=True,
        )
        return False
    try:
        pipeline = PipelineTemplate.from_json(record.template).instantiate(output_dir=record.output_dir)
        result = pipeline.resume(record.run_id, resend=resend, fail_fast=False, raise_on_failure=False)
    except GenblazeError as error:  # another process was faster, a plugin is missing: the other runs go on
        click.echo(f"{record.run_id}  not resumed: {error}", err=True)
        return False
    for asset in result.assets:
        click.echo(f"{asset.sha256}  {result.local_path(asset) or asset.url}")
    if summary := result.error_summary():
        click.echo(summary, err=True)
    click.echo(f"{record.run_id}  {result.run.status}")
    return result.ok
