"""Objects that carry the manifest: it is complete before they are there, as the keys of a run are known beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze.embedding import embed_manifest
from genblaze.errors import SinkError
from genblaze.redaction import redact
from genblaze.sinks.content import temporary_folder
from genblaze.sinks.keys import extension_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import ExitStack
    from pathlib import Path

    from genblaze.embedding import ContentDigest
    from genblaze.models.asset import Asset
    from genblaze.models.manifest import Manifest
    from genblaze.plugins import PluginManager
    from genblaze.sinks.keys import KeyLayout, RunScope
    from genblaze.storing import Store

__all__ = ["carrying_copy", "manifest_to_carry"]


def manifest_to_carry(
    manifest: Manifest, inputs: Sequence[Asset], layout: KeyLayout, scope: RunScope, store: Store
) -> Manifest:
    """The manifest as it will be stored, with the URLs that the outputs and these inputs will have.

    Raises:
        SinkError: An output has no digest yet, so the manifest cannot be complete.
    """
    redact(manifest)  # makes the salts, which the stored manifest is redacted with as well
    twin = manifest.model_copy(deep=True)
    urls = {}
    for asset in (*(asset for step in twin.run.steps for asset in step.assets), *inputs):
        if asset.sha256 is None:
            msg = f"embed=True: output {asset.asset_id} has no digest, so no manifest can be put into the files yet"
            raise SinkError(msg)
        key = layout.asset(scope, asset.asset_id, asset.sha256, extension_of(asset.url, asset.media_type))
        urls[asset.url] = store.url_of(key)
    for asset in (asset for step in twin.run.steps for asset in (*step.assets, *step.inputs)):
        asset.url = urls.get(asset.url, asset.url)
    twin.transfer_failures = []
    twin.manifest_uri = store.url_of(layout.manifest(scope))
    twin.compute_hash()
    return twin


def carrying_copy(
    content: Path, digest: ContentDigest, manifest: Manifest, plugins: PluginManager, stack: ExitStack
) -> Path:
    """A copy of a file with the manifest in it; the file itself where its format cannot hold one.

    Raises:
        GenblazeError: It cannot be written.
    """
    target = temporary_folder(stack) / content.name
    done = embed_manifest(content, manifest, output=target, plugins=plugins, content=digest)
    return target if done.method == "inline" else content
