"""`genblaze replay MANIFEST`: run a recorded run again, with changes, and reuse what they do not reach."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from genblaze.cli.terminal import printable
from genblaze.errors import GenblazeError, InvalidValueError

if TYPE_CHECKING:
    from genblaze.pipeline.replay import Replay

__all__ = ["command"]


@click.command()
@click.argument("manifest", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--change", "changes", multiple=True, metavar="STEP.NAME=VALUE", help="Change a value; may be repeated.")
@click.option("--execute/--dry-run", default=False, help="Run it; unless told so only what would happen is printed.")
@click.option("--no-dry-run", "again", is_flag=True, help="Run every step, and reuse nothing.")
@click.option("--allow-provider", "allowed", multiple=True, metavar="NAME", help="Run no others; may be repeated.")
@click.option("--show-prompts", is_flag=True, help="Print the prompts, too.")
@click.option("--force", is_flag=True, help="Believe a manifest that is not what its hash was made of.")
@click.option("--output-dir", type=click.Path(file_okay=False, path_type=Path), help="Folder for the outputs.")
@click.option("--max-concurrency", type=click.IntRange(min=1), help="Steps that may run at once.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), help="Seconds per step.")
def command(
    manifest: Path,
    changes: tuple[str, ...],
    execute: bool,
    again: bool,
    allowed: tuple[str, ...],
    show_prompts: bool,
    force: bool,
    output_dir: Path | None,
    max_concurrency: int | None,
    timeout: float | None,
) -> int:
    """Run the run that MANIFEST records again: what a change reaches runs, and the rest is reused.

    MANIFEST is a JSON file, or a media file that carries one. STEP counts from 0. NAME is prompt, negative_prompt,
    seed, model, provider, or a parameter of the vendor. VALUE is JSON where it can be read as such, else text.

    Outputs that are not where the manifest says are looked for beside MANIFEST. Exits with 1 when a step failed.
    """
    from genblaze.embedding import document_of
    from genblaze.models.manifest import parse_manifest
    from genblaze.pipeline.replay import Replay

    recorded = parse_manifest(document_of(manifest))
    if force and not recorded.verify_hash():
        click.echo("the manifest is not what its canonical hash was made of", err=True)
    replay = Replay(
        recorded, _changes(changes), folder=manifest.parent, output_dir=output_dir, verify=not force, reuse=not again
    )
    _tell(replay, show_prompts=show_prompts)
    _check_allowed(replay, allowed)
    if not (execute or again):
        click.echo("nothing was run; add --execute to run it")
        return 0
    result = replay.run(max_concurrency=max_concurrency, timeout=timeout, raise_on_failure=False)
    from genblaze.cli.run import report

    report(result)
    if summary := result.error_summary():
        click.echo(printable(summary), err=True)
    return 0 if result.ok else 1


def _changes(texts: tuple[str, ...]) -> dict[int, dict[str, Any]]:
    from genblaze.pipeline.replay import parse_change

    changes: dict[int, dict[str, Any]] = {}
    for text in texts:
        try:
            index, name, value = parse_change(text)
        except InvalidValueError as error:
            msg = f"--change {error}"
            raise click.UsageError(msg) from None
        changes.setdefault(index, {})[name] = value
    return changes


def _tell(replay: Replay, *, show_prompts: bool) -> None:
    """One line for each step; prompts only when asked for, as they may be private, and parameters never."""
    for index, (step, _, why) in enumerate(replay.steps):
        fate = "reused" if why is None else f"runs    {why}"
        click.echo(printable(f"{index}  {step.modality:6}  {step.provider}/{step.model}  {fate}"))
        if show_prompts and step.prompt:
            click.echo(printable(f"   {step.prompt}"))


def _check_allowed(replay: Replay, allowed: tuple[str, ...]) -> None:
    """Refuse to run what nobody allowed, before anything is paid."""
    others = {step.provider for step, _, why in replay.steps if why is not None and step.provider not in allowed}
    if allowed and others:
        names = ", ".join(sorted(str(name) for name in others))
        msg = f"the run needs {names}, and only {', '.join(allowed)} may run; add --allow-provider"
        raise GenblazeError(msg)
