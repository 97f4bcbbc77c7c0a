"""`genblaze pull`: brings a stored run home, verified and with its manifest in every file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from genblaze.cli.terminal import printable
from genblaze.errors import GenblazeError, ManifestError
from genblaze.file_urls import PLAIN_NAME

if TYPE_CHECKING:
    from genblaze.models.asset import Asset
    from genblaze.plugins import PluginManager
    from genblaze.pulling import StoredRun

__all__ = ["command"]

FAILED = 1


@click.command("pull", short_help="Download a stored run.")
@click.argument("run")
@click.option("--from", "place", metavar="URL", help="Store of the run, when RUN is an id; else the setting `store`.")
@click.option(
    "-o", "--output-dir", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Where files go."
)
@click.pass_context
def command(ctx: click.Context, run: str, place: str | None, output_dir: Path) -> None:
    """Download the outputs of a run, check them, and put the manifest into each.

    RUN is where the run's manifest is, a URL (s3://bucket/key, https://…) or a file; or the id of a run in the store
    that --from names. Nothing is kept whose content is not what the manifest says. Exits with 1 when an output is
    missing or has changed.
    """
    from genblaze.plugins import default_plugins
    from genblaze.pulling import StoredRun

    plugins, failed = default_plugins(), False
    address = _address_of(run, place, plugins)
    with StoredRun(address, plugins) as stored:
        if not stored.manifest.verify_hash():
            msg = f"{address} is not what its canonical_hash says; nothing was downloaded"
            raise ManifestError(msg)
        output_dir.mkdir(parents=True, exist_ok=True)
        for asset in stored.outputs:
            try:
                click.echo(f"pulled  {printable(_pull(stored, asset, output_dir, plugins))}")
            except GenblazeError as error:
                failed = True
                click.echo(f"failed  {printable(asset.asset_id)}  {printable(error)}", err=True)
    ctx.exit(FAILED if failed else 0)


def _address_of(run: str, place: str | None, plugins: PluginManager) -> str:
    """Where the manifest is that the user named, by its address or by the id of its run.

    Raises:
        GenblazeError: Nothing is there, or nobody said in which store to look.
    """
    from genblaze.file_urls import is_url
    from genblaze.pulling import address_of_run

    if place is None and (is_url(run) or run.startswith("file:") or Path(run).exists()):
        return run
    if not PLAIN_NAME.fullmatch(run):
        msg = f"there is no file {run}, and it is neither a URL nor the id of a run"
        raise GenblazeError(msg)
    place = place or plugins.config.store
    if not place:
        msg = (
            f"there is no file {run}; to pull a run by its id, say in which store it is: --from s3://bucket/prefix, "
            "GENBLAZE_STORE, or store in genblaze.toml"
        )
        raise GenblazeError(msg)
    return address_of_run(run, place, plugins)


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
