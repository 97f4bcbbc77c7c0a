"""The plugin: the command `genblaze tables`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from genblaze import hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def register_commands(cli: click.Group) -> None:
    """Add `genblaze tables`."""
    import click

    @cli.command(short_help="Write a manifest's run into Parquet tables.")
    @click.argument("manifest", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option(
        "-o",
        "--output",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path("genblaze_index"),
        show_default=True,
        help="Folder of the tables.",
    )
    def tables(manifest: Path, output: Path) -> None:
        """Write the run of MANIFEST, a manifest or a file that carries one, into Parquet tables."""
        from genblaze import extract_manifest, parse_manifest
        from genblaze_parquet.sink import ParquetSink

        is_document = manifest.suffix.lower() == ".json"
        found = parse_manifest(manifest.read_bytes()) if is_document else extract_manifest(manifest)
        ParquetSink(output).write_run(found.run, found)
        click.echo(f"{found.run.run_id}: {len(found.run.steps)} steps in {output}")
