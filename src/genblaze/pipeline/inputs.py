"""Gives a step its inputs: assets of earlier steps or from outside, always the content without a manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze.courier import input_folder
from genblaze.errors import GenblazeError
from genblaze.file_urls import local_file
from genblaze.models.enums import StepStatus
from genblaze.pipeline.plan import PlannedStep, copies
from genblaze.threads import daemon_threads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genblaze.models.asset import Asset
    from genblaze.models.step import Step
    from genblaze.pipeline.plan import Plan


class InputError(GenblazeError):
    """A step cannot be given its inputs; the provider is never called."""


def declared_inputs(planned: PlannedStep, earlier: Sequence[Step | None]) -> list[Asset]:
    """The assets a step gets, as they are recorded.

    Raises:
        InputError: When a step that `input_from` names has not succeeded or has no assets.
    """
    if planned.spec.external_inputs:
        return copies(planned.spec.external_inputs)
    if planned.input_from is not None:
        return [asset for index in planned.input_from for asset in _assets_of(index, earlier[index])]
    if planned.chained:
        before = earlier[planned.index - 1]
        return copies(before.assets) if before is not None and before.status == StepStatus.SUCCEEDED else []
    return []


def _assets_of(index: int, step: Step | None) -> list[Asset]:
    if step is None or step.status != StepStatus.SUCCEEDED:
        state = "did not run" if step is None else str(step.status)
        msg = f"Input resolution failed: step {index} {state}"
        raise InputError(msg)
    if not step.assets:
        msg = f"Input resolution failed: step {index} has no assets"
        raise InputError(msg)
    return copies(step.assets)


def from_outside(planned: PlannedStep, earlier: Sequence[Step | None]) -> bool:
    """Whether a step's inputs were made elsewhere, so that their files may carry manifests or have changed."""
    sources = [earlier[index] for index in planned.needs]
    return bool(planned.spec.external_inputs) or any(step is not None and step.provider is None for step in sources)


async def pristine_inputs(assets: list[Asset], plan: Plan, *, external: bool) -> list[Asset]:
    """The inputs as the provider gets them: a local file that carries a manifest is replaced by a copy without it.

    The recorded assets keep their URLs and are completed with the digest of the content.

    Raises:
        InputError: When a file is missing or its content is not what its digest says.
    """
    if not external or not any(local_file(asset.url) for asset in assets):
        return copies(assets)  # outputs of this run carry no manifest yet
    return await daemon_threads.run(_pristine, assets, plan)


def _pristine(assets: list[Asset], plan: Plan) -> list[Asset]:
    return [_pristine_one(asset, plan) for asset in assets]


def _pristine_one(asset: Asset, plan: Plan) -> Asset:
    from genblaze.embedding import content_digest, copy_content

    path = local_file(asset.url)
    if path is None:
        return asset.model_copy(deep=True)
    if not path.is_file():
        msg = f"Input {asset.url} does not exist"
        raise InputError(msg)
    digest = content_digest(path, plugins=plan.plugins)
    if asset.sha256 is not None and asset.sha256 != digest.sha256:
        msg = f"Input {path} has changed: its content is {digest.sha256[:12]}…, the asset says {asset.sha256[:12]}…"
        raise InputError(msg)
    asset.sha256, asset.size_bytes = digest.sha256, digest.size
    given = asset.model_copy(deep=True)
    if digest.size != path.stat().st_size:
        folder = input_folder(plan.output_dir)
        folder.mkdir(parents=True, exist_ok=True)
        clean = folder / f"{digest.sha256}{path.suffix}"
        if not clean.is_file():
            copy_content(path, clean, plugins=plan.plugins)
        given.url = clean.as_uri()
    return given
