"""Writes outputs and manifests where the user wants them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from genblaze.atomic import atomic_write
from genblaze.errors import GenblazeError
from genblaze.pipeline.result import only_asset

if TYPE_CHECKING:
    from genblaze.embedding import EmbedResult
    from genblaze.models.asset import Asset
    from genblaze.models.manifest import Manifest
    from genblaze.models.policy import EmbedPolicy
    from genblaze.pipeline.result import PipelineResult

logger = logging.getLogger("genblaze.pipeline")


def save_asset(
    result: PipelineResult, path: Path, asset: Asset | None, *, embed: bool, policy: EmbedPolicy | None
) -> EmbedResult:
    """Write an output with its manifest to `path`; see `PipelineResult.save`."""
    from genblaze.embedding import EmbedResult, copy_content, embed_manifest
    from genblaze.embedding.handlers import SidecarHandler

    if asset is None and path.is_file() and not result.deliveries.paths:
        source: Path | None = path
    else:
        source = result.local_path(asset or only_asset(result.assets))
    if source is None or not source.is_file():
        where = source or "it has no local file"
        msg = f"The output's file is not on this machine ({where}); store the run with a sink first"
        raise GenblazeError(msg)
    if source == path:
        _warn_of_stranger(result, path)
    if source != path:
        path.parent.mkdir(parents=True, exist_ok=True)
        copy_content(source, path)
    mode = "full" if policy is None else policy.embed_mode
    if embed or mode == "none":
        return embed_manifest(path, result.manifest, policy=policy)
    return EmbedResult(
        path=path,
        sidecar_path=SidecarHandler().embed(path, result.manifest, policy=policy),
        manifest_uri=result.manifest.manifest_uri,
        method="pointer" if mode == "pointer" else "sidecar",
    )


def _warn_of_stranger(result: PipelineResult, path: Path) -> None:
    """Say so if a file that the user named is none of the run's outputs, as far as their digests are known."""
    from genblaze.embedding import content_digest

    digests = [asset.sha256 for asset in result.assets]
    if None not in digests and content_digest(path).sha256 not in digests:
        logger.warning("%s is none of the run's outputs: with this manifest in it, it does not verify", path)


def save_manifest(manifest: Manifest, path: Path, *, full: bool) -> Path:
    """Write `manifest` as canonical JSON; prompts that are not public are redacted unless `full`."""
    from genblaze.redaction import redact

    shown = manifest if full else redact(manifest)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as file:
        file.write(shown.to_canonical_json().encode())
    return path
