"""`genblaze pull`: brings a stored run home, verified and with its manifest in every file."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from genblaze.cli.terminal import printable
from genblaze.errors import GenblazeError, ManifestError

if TYPE_CHECKING:
    from genblaze.models.asset import Asset
    from genblaze.plugins import PluginManager
    from genblaze.pulling import StoredRun

__all__ = ["command"]

PLAIN_NAME = re.compile(r"[\w-][\w.-]{0,127}", re.ASCII)
FAILED = 1


@click.command("pull", short_help="Download a stored run.")
@click.argument("manifest")
@click.option(
    "-o", "--output-dir", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Where files go."
)
@click.pass_context
def command(ctx: click.Context, manifest: str, output_dir: Path) -> None:
    """Download the outputs of a run, check them, and put the manifest into each.

    MANIFEST is where the run's manifest is: a URL (s3://bucket/key, https://…) or a file. Nothing is kept whose
    content is not what the manifest says. Exits with 1 when an output is missing or has changed.
    """
    from genblaze.plugins import default_plugins
    from genblaze.pulling import StoredRun

    plugins, failed = default_plugins(), False
    with StoredRun(manifest, plugins) as run:
        if not run.manifest.verify_hash():
            msg = f"{manifest} is not what its canonical_hash says; nothing was downloaded"
            raise ManifestError(msg)
        output_dir.mkdir(parents=True, exist_ok=True)
        for asset in run.outputs:
            try:
                click.echo(f"pulled  {printable(_pull(run, asset, output_dir, plugins))}")
            except GenblazeError as error:
                failed = True
                click.echo(f"failed  {printable(asset.asset_id)}  {printable(error)}", err=True)
    ctx.exit(FAILED if failed else 0)


def _pull(run: StoredRun, asset: Asset, folder: Path, plugins: PluginManager) -> Path:
    """Bring one output; a file that is there already stays unless it has the same content.

    Raises:
        GenblazeError: It cannot be brought, or its content is another one.
    """
    from genblaze.embedding import content_digest, embed_manifest

    target = folder / _name_of(asset)
    if target.exists():
        _check(target, asset, content_digest(target, plugins=plugins).sha256)
        embed_manifest(target, run.manifest, plugins=plugins)
        return target
    with tempfile.TemporaryDirectory(prefix=".genblaze-", dir=folder) as staging:
        staged = Path(staging) / target.name
        run.bring(asset, staged)
        digest = content_digest(staged, plugins=plugins)
        _check(staged, asset, digest.sha256)
        embed_manifest(staged, run.manifest, output=target, plugins=plugins, content=digest)
    return target


def _check(path: Path, asset: Asset, sha256: str) -> None:
    if asset.sha256 is None:
        msg = "the manifest has no digest of it, so nobody can tell whether it is the same"
        raise GenblazeError(msg)
    if sha256 != asset.sha256:
        msg = f"the content of {path.name} is {sha256[:12]}…, the manifest says {asset.sha256[:12]}…"
        raise GenblazeError(msg)


def _name_of(asset: Asset) -> str:
    """A name that is safe whatever the manifest says: the asset's id, or its digest."""
    from genblaze.sinks.keys import extension_of

    stem = asset.asset_id if PLAIN_NAME.fullmatch(asset.asset_id) else str(asset.sha256)
    return f"{stem}{extension_of(asset.url, asset.media_type)}"
