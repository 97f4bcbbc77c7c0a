"""`genblaze run TEMPLATE`: run a saved pipeline."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from genblaze.errors import GenblazeError, PipelineTimeoutError
from genblaze.liveview import heard_by, live_view

if TYPE_CHECKING:
    from genblaze.models.event import StreamEvent
    from genblaze.pipeline.builder import Pipeline
    from genblaze.pipeline.result import PipelineResult

FAILED, BAD_TEMPLATE = 1, 2


@click.command()
@click.argument("template", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--var", "variables", multiple=True, metavar="KEY=VALUE", help="Fill a field of prompts and parameters.")
@click.option("--output-dir", type=click.Path(file_okay=False, path_type=Path), help="Folder for the outputs.")
@click.option("--max-concurrency", type=click.IntRange(min=1), help="Steps that may run at once.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), help="Seconds per step.")
@click.option("--max-cost-usd", type=click.FloatRange(min=0), help="What may be spent, in US dollars.")
@click.option("--manifest", type=click.Path(dir_okay=False, path_type=Path), help="Write the manifest here, too.")
def command(
    template: Path,
    variables: tuple[str, ...],
    output_dir: Path | None,
    max_concurrency: int | None,
    timeout: float | None,
    max_cost_usd: float | None,
    manifest: Path | None,
) -> None:
    """Run the pipeline saved in TEMPLATE (JSON or TOML).

    Exits with 0 when every step succeeded, 1 when one failed, 2 when the template cannot be run.
    """
    pipeline = _pipeline(template, _values(variables), output_dir)
    result = run_pipeline(
        pipeline, {"max_concurrency": max_concurrency, "timeout": timeout, "max_cost_usd": max_cost_usd}
    )
    report(result)
    if manifest is not None:
        click.echo(f"manifest  {result.save_manifest(manifest)}")
    if not result.ok:
        sys.exit(FAILED)


def _values(variables: tuple[str, ...]) -> dict[str, str]:
    values = {}
    for variable in variables:
        name, separator, value = variable.partition("=")
        if not separator or not name:
            msg = f"--var {variable!r}: write it as KEY=VALUE"
            raise click.UsageError(msg)
        values[name] = value
    return values


def _pipeline(template: Path, values: dict[str, str], output_dir: Path | None) -> Pipeline:
    from genblaze.pipeline.template import PipelineTemplate

    try:
        return PipelineTemplate.from_file(template).instantiate(variables=values, output_dir=output_dir)
    except GenblazeError as error:
        _stop(error)


def run_pipeline(pipeline: Pipeline, options: dict[str, Any]) -> PipelineResult:
    """Run the pipeline, drawing or telling how each step stands; a plan that cannot run ends the program."""
    try:
        events = pipeline.stream(**options)
    except GenblazeError as error:
        _stop(error)
    try:
        with events, live_view(None) as view:
            tell = heard_by(view) or _tell
            for event in events:
                tell(event)
    except PipelineTimeoutError as error:
        click.echo(f"Error: {error}", err=True)
        if error.result is None:
            sys.exit(FAILED)
        return error.result
    assert events.result is not None  # noqa: S101 - the stream has ended without raising
    return events.result


def _stop(error: GenblazeError) -> NoReturn:
    click.echo(f"Error: {error}", err=True)
    sys.exit(BAD_TEMPLATE)


def _tell(event: StreamEvent) -> None:
    """One line on stderr for each start, retry and end of a step."""
    from genblaze.models import event as events

    match event:
        case events.StepStartedEvent():
            text = "started"
        case events.StepRetriedEvent():
            text = f"attempt {event.attempt} failed: {event.error}"
        case events.StepCompletedEvent():
            text = f"done in {event.elapsed_sec:.1f} s"
        case events.StepFailedEvent() | events.StepCancelledEvent():
            text = f"{event.step_status}: {event.error}"
        case _:
            return
    click.echo(f"{event.provider}/{event.model}  {text}", err=True)


def report(result: PipelineResult) -> None:
    """Print each output with its digest, then the run and the hash of its manifest."""
    for asset in result.assets:
        click.echo(f"{asset.sha256}  {result.local_path(asset) or asset.url}")
    click.echo(f"run       {result.run.run_id} {result.run.status}")
    click.echo(f"hash      {result.manifest.canonical_hash}")
