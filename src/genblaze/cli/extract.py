"""`genblaze extract`: prints the manifest that a file carries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from genblaze.cli.terminal import printable
from genblaze.embedding import document_of
from genblaze.errors import EmbeddingError
from genblaze.models.manifest import parse_manifest

if TYPE_CHECKING:
    from genblaze.models.manifest import Manifest
    from genblaze.models.step import Step

__all__ = ["command"]


@click.command("extract", short_help="Print the manifest inside a file.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--format",
    "style",
    type=click.Choice(["json", "summary"]),
    default="json",
    show_default=True,
    help="The document as it stands, or a few lines about it.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
def command(file: Path, style: str, output: Path | None) -> None:
    """Print the manifest that FILE carries, or its sidecar's.

    Nothing is checked: `genblaze verify` tells whether it is to be believed.
    """
    document = document_of(file)
    manifest = parse_manifest(document)
    text = document.decode() if style == "json" else "\n".join(_summary(manifest))
    if output is None:
        click.echo(text)
        return
    from genblaze.atomic import atomic_write

    try:
        with atomic_write(output) as target:
            target.write(f"{text}\n".encode())
    except OSError as error:
        msg = f"cannot write {output}: {error.strerror}"
        raise EmbeddingError(msg) from error


def _summary(manifest: Manifest) -> Iterator[str]:
    run = manifest.run
    yield f"Run ID: {printable(run.run_id)}"
    if run.name:
        yield f"Name: {printable(run.name)}"
    yield f"Steps: {len(run.steps)}"
    for index, step in enumerate(run.steps):
        yield f"  {index}  {_step_line(step)}"
        for asset in step.assets:
            yield f"     {printable(asset.sha256 or 'no digest')}  {printable(asset.media_type)}"
    report = manifest.verification_report()
    yield f"Hash: {printable(manifest.canonical_hash)}"
    yield f"Hash OK: {_yes(report.hash_ok)}"
    yield f"Output sha256: {_yes(not report.unverified_sha256_ids)}"
    yield f"Output metadata: {_yes(not report.invalid_metadata_ids)}"
    yield f"Verified: {_yes(report.ok)}"


def _step_line(step: Step) -> str:
    prompt = step.prompt or ""
    shown = prompt if len(prompt) <= 60 else f"{prompt[:59]}…"
    return printable(f"{step.modality}  {step.provider}/{step.model}  {shown}").rstrip()


def _yes(value: bool) -> str:
    return "yes" if value else "no"
