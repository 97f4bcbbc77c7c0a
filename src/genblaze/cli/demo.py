"""`genblaze demo`: a picture, a film of it and some music, made without any key, and each file verified."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from genblaze.cli.terminal import printable
from genblaze.errors import GenblazeError, PluginNotFoundError
from genblaze.models.enums import Modality

if TYPE_CHECKING:
    from genblaze.pipeline.builder import Pipeline
    from genblaze.pipeline.result import PipelineResult

__all__ = ["command"]

FAILED: Final = 1
FOLDER: Final = Path("output", "demo")
PROMPT: Final = "a red fox sitting in a snowy forest, golden hour"
MUSIC: Final = "a calm winter evening"
#: What the steps make, in their order.
LABELS: Final = ("picture", "film", "music")


@click.command("demo", short_help="Make a picture without any key, and verify it.")
@click.option(
    "--output-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=FOLDER,
    show_default=True,
    help="Folder for the files.",
)
@click.pass_context
def command(ctx: click.Context, output_dir: Path) -> None:
    """Make a picture, a film of it and some music on this machine, and verify each file.

    No key and no network is needed, only the offline providers of the package genblaze-local.

    Exits with 1 when a step failed or a file does not verify.
    """
    result = _run(_pipeline(output_dir))
    for line in (result.error_summary() or "").splitlines():
        click.echo(printable(line), err=True)
    made = [path for asset in result.assets if (path := result.local_path(asset)) is not None]
    paths = [output_dir / path.name for path in made]  # as short as the folder was given
    verified = [_show(path) for path in paths].count(True)
    intact = _conclude(result, output_dir, verified, len(paths))
    if not (result.ok and intact and verified == len(LABELS)):
        ctx.exit(FAILED)
    _suggest(output_dir, paths)


def _pipeline(folder: Path) -> Pipeline:
    from genblaze.pipeline.builder import Pipeline

    picture, film, music = LABELS
    return (
        Pipeline("demo", output_dir=folder, max_concurrency=2)
        .step("local", model="local-image-1", modality=Modality.IMAGE, prompt=PROMPT, step_name=picture)
        .step(
            "local",
            model="local-video-1",
            modality=Modality.VIDEO,
            prompt="a slow zoom",
            input_from=picture,
            step_name=film,
        )
        .step("local", model="local-audio-1", modality=Modality.AUDIO, prompt=MUSIC, step_name=music)
    )


def _run(pipeline: Pipeline) -> PipelineResult:
    try:
        return pipeline.run(fail_fast=False, raise_on_failure=False)
    except PluginNotFoundError as error:
        msg = f"{error}\nThe demo needs the offline providers. Run: pip install 'genblaze-local[ffmpeg]'"
        raise GenblazeError(msg) from error


def _show(path: Path) -> bool:
    """One line about a file; whether it is exactly what its manifest says."""
    from genblaze.verifying import verify_file

    found = verify_file(path)
    digest = found.asset.sha256 if found.asset is not None else None
    click.echo(f"{printable(path)}  sha256 {digest or 'unknown'}  {_word(found.ok, found.verdict)}")
    return found.ok


def _conclude(result: PipelineResult, folder: Path, verified: int, count: int) -> bool:
    """The whole run in a few lines; whether its manifest is intact."""
    intact = result.manifest.verify()
    click.echo(f"\nfiles     {count} in {printable(folder)}")
    click.echo(f"manifest  {result.manifest.canonical_hash}  {_word(intact, 'altered')}")
    click.echo(f"verified  {verified} of {len(LABELS)} files")
    return intact


def _suggest(folder: Path, paths: list[Path]) -> None:
    from shlex import quote

    click.echo("\nThe manifest goes with every file. Try:")
    click.echo(f"  genblaze verify {quote(str(folder))}")
    click.echo(f"  genblaze extract {quote(str(paths[0]))}")


def _word(good: bool, otherwise: str) -> str:
    return click.style("verified", fg="green") if good else click.style(otherwise, fg="red")
