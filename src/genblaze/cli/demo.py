"""`genblaze demo`: pictures, sound and video without any key, each with its provenance inside, each verified."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from genblaze.errors import GenblazeError, PluginNotFoundError
from genblaze.models.enums import Modality

if TYPE_CHECKING:
    from collections.abc import Callable

    from genblaze.models.event import StreamEvent
    from genblaze.pipeline.builder import Pipeline
    from genblaze.pipeline.result import PipelineResult

PROMPT = "a red fox sitting in a snowy forest, golden hour"
MUSIC = "a calm winter evening"


@click.command()
@click.option(
    "--output-dir", type=click.Path(file_okay=False, path_type=Path), default=Path("output"), show_default=True
)
def command(output_dir: Path) -> None:
    """Make a picture, a video of it and some music without any key, and verify each file."""
    try:
        result = _run(_pipeline(output_dir))
    except PluginNotFoundError as error:
        msg = f"{error}\nThe demo needs the offline providers: pip install 'genblaze-local[ffmpeg]'"
        raise GenblazeError(msg) from error
    if summary := result.error_summary():
        click.echo(summary, err=True)
    verified = [_show(path) for path in result.deliveries.paths.values()]
    click.echo(f"manifest  {result.manifest.canonical_hash}  {'verified' if result.manifest.verify() else 'FAILED'}")
    if not (result.ok and verified and all(verified)):
        sys.exit(1)


def _pipeline(output_dir: Path) -> Pipeline:
    from genblaze.pipeline.builder import Pipeline

    return (
        Pipeline("demo", output_dir=output_dir, max_concurrency=2)
        .step("local", model="local-image-1", modality=Modality.IMAGE, prompt=PROMPT, step_name="picture")
        .step("local", model="local-video-1", modality=Modality.VIDEO, prompt="slow zoom", input_from="picture")
        .step("local", model="local-audio-1", modality=Modality.AUDIO, prompt=MUSIC)
    )


def _run(pipeline: Pipeline) -> PipelineResult:
    with pipeline.stream(fail_fast=False) as events, _progress() as tell:
        for event in events:
            tell(event)
    assert events.result is not None  # noqa: S101 - the stream has ended without raising
    return events.result


def _show(path: Path) -> bool:
    """One line about a file; whether it is exactly what its manifest says."""
    from genblaze.verifying import Verdict, verify_file

    found = verify_file(path)
    exact = found.verdict == Verdict.EXACT
    digest = found.asset.sha256 if found.asset is not None else "-"
    click.echo(f"{path}  sha256 {digest}  {'verified' if exact else found.verdict}")
    return exact


@contextmanager
def _progress() -> Iterator[Callable[[StreamEvent], None]]:
    """Shows a bar per step on a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    from genblaze.models import event as events

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(event: StreamEvent) -> None:
            match event:
                case events.StepStartedEvent():
                    tasks[event.step_id] = bars.add_task(event.provider, total=1.0)
                case events.StepProgressEvent(progress_pct=float() as done):
                    bars.update(tasks[event.step_id], completed=done)
                case events.StepCompletedEvent():
                    bars.update(tasks[event.step_id], completed=1.0)

        yield tell


def _silent(event: StreamEvent) -> None:
    """Nobody watches."""
