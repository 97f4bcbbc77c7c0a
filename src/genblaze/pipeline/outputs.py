"""Takes in what a provider made: brings remote outputs home, hashes the bytes, and reads what the container states."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from genblaze.data_urls import is_data_url
from genblaze.errors import GenblazeError, PluginNotFoundError, ProviderError
from genblaze.file_urls import PLAIN_NAME, is_own_file, local_file
from genblaze.hookspecs import FetchContext
from genblaze.models.asset import Asset, AudioMetadata, VideoMetadata
from genblaze.models.enums import ProviderErrorCode
from genblaze.models.record import new_id
from genblaze.pipeline.recording import record_assets
from genblaze.threads import daemon_threads

if TYPE_CHECKING:
    from genblaze.jobs import Fetched, Generation
    from genblaze.layout import Layout
    from genblaze.models.step import Step
    from genblaze.pipeline.plan import Plan
    from genblaze.plugins import PluginManager

logger = logging.getLogger("genblaze.pipeline")

UNKNOWN_MEDIA_TYPE = "application/octet-stream"


def own_copies(made: tuple[Asset, ...], plan: Plan) -> list[Asset]:
    """Copies of a generation's assets; an identity that an earlier output of the run bears is replaced.

    Raises:
        ProviderError: When there are no outputs, or one is something else.
    """
    if not made:
        msg = "The provider reported success but returned no output"
        raise ProviderError(msg, error_code=ProviderErrorCode.MODEL_ERROR)
    if strangers := {type(asset).__name__ for asset in made if not isinstance(asset, Asset)}:
        msg = f"The provider returned outputs that are no Asset but {', '.join(sorted(strangers))}"
        raise ProviderError(msg, error_code=ProviderErrorCode.MODEL_ERROR)
    taken = [asset.model_copy(deep=True) for asset in made]
    for asset in taken:
        if plan.output_urls.setdefault(asset.asset_id, asset.url) != asset.url:
            asset.asset_id = new_id()
    return taken


async def take_in_generation(step: Step, made: Generation, inputs: list[Asset], plan: Plan) -> None:
    """Complete the outputs of a step; one that is an input handed on is recorded where the input itself lies.

    Args:
        step: The record.
        made: What the provider made.
        inputs: The step's inputs as the provider was given them.
        plan: The run.

    Raises:
        ProviderError: There are none, or one is a file that the run cannot have written.
        GenblazeError: One cannot be fetched; the record has them as they are then.
    """
    taken = own_copies(made.assets, plan)
    _check_files(taken, step, inputs, plan)
    record_assets(step, taken)
    await take_in(step.assets, plan, made.origin)
    if inputs:
        recorded = {given.url: asset.url for given, asset in zip(inputs, step.inputs, strict=True)}
        for asset in step.assets:
            asset.url = recorded.get(asset.url, asset.url)


def _check_files(taken: list[Asset], step: Step, inputs: list[Asset], plan: Plan) -> None:
    """Refuse files that the step cannot have written: a vendor's answer may name any, and outputs are written into.

    Raises:
        ProviderError: One is not there, or was there before and lies in no folder of the run.
    """
    for asset in taken:
        path = local_file(asset.url)
        if path is None or any(asset.url == given.url for given in (*inputs, *step.inputs)):
            continue
        if not path.is_file():
            msg = f"The provider returned {path}, where there is no file"
            raise ProviderError(msg, error_code=ProviderErrorCode.MODEL_ERROR)
        if is_own_file(path, plan.folders, step.started_at):
            continue
        msg = (
            f"The provider returned {path}, which was there before the step began and lies in no folder of the run. "
            "Let it write into the pipeline's output_dir, give it that folder as its own output_dir, or take the file "
            "in with Pipeline.input(…)"
        )
        raise ProviderError(msg, error_code=ProviderErrorCode.MODEL_ERROR)


async def take_in(assets: list[Asset], plan: Plan, origin: str | None = None) -> None:
    """Fill in the digest, size and facts of a step's outputs.

    A `file://` output is hashed where it lies. A remote one without a digest is fetched into the output folder, because
    vendors' URLs expire, and is hashed on the way; one that already carries a digest is left where it is.

    Args:
        assets: The outputs.
        plan: The run.
        origin: See `Generation.origin`.

    Raises:
        GenblazeError: When one cannot be fetched.
    """
    for asset in assets:
        fetched = await bring_home(asset, plan, origin)
        if path := local_file(asset.url):
            await daemon_threads.run(_examine, asset, path, fetched, plan.plugins)


async def bring_home(asset: Asset, plan: Plan, origin: str | None = None) -> Fetched | None:
    """Fetch what lies elsewhere without a digest, or in its URL, into the output folder.

    Where nothing fetches the scheme, the asset stays where it is.

    Returns:
        What was fetched, if it was.

    Raises:
        GenblazeError: When it cannot be fetched.
    """
    if local_file(asset.url) is not None or (asset.sha256 is not None and not is_data_url(asset.url)):
        return None
    target = _new_file(asset, plan.output_dir)
    plan.output_dir.mkdir(parents=True, exist_ok=True)
    try:
        fetched = await plan.plugins.fetch(asset.url, target, FetchContext(origin=origin))
    except PluginNotFoundError:
        scheme = urlsplit(asset.url).scheme or "no scheme"
        logger.warning("%s stays where it is: nothing installed fetches %s", asset.asset_id, scheme)
        return None
    asset.url = fetched.path.absolute().as_uri()
    return fetched


def _new_file(asset: Asset, folder: Path) -> Path:
    """Where an output goes: a file of its own, although its identity may be a vendor's, and the same each time."""
    suffix = _suffix(asset)
    if not PLAIN_NAME.fullmatch(asset.asset_id) or (folder / f"{asset.asset_id}{suffix}").exists():
        asset.asset_id = new_id()
    return folder / f"{asset.asset_id}{suffix}"


def _suffix(asset: Asset) -> str:
    """How the file of a remote asset ends: as its URL does, or as its type says where the URL is the content."""
    if is_data_url(asset.url):
        import mimetypes

        return mimetypes.guess_extension(asset.media_type) or ""
    suffix = Path(urlsplit(asset.url).path).suffix
    return suffix if suffix.isascii() and len(suffix) <= 8 else ""


def _examine(asset: Asset, path: Path, fetched: Fetched | None, plugins: PluginManager) -> None:
    """Hash a local output, if that was not done while it was fetched, and read its facts. Runs in a thread."""
    from genblaze.embedding import content_digest, strip_manifest

    if not path.is_file():
        logger.warning("Output %s names a file that does not exist: %s", asset.asset_id, path)
        return
    layout = _inspect(path, plugins)
    if layout is not None and layout.payload is not None:
        # A provider handed on a file that carries another run's manifest: its content is what was generated.
        strip_manifest(path, plugins=plugins)
    untouched = layout is None or not layout.restores
    digest = fetched if fetched is not None and untouched else content_digest(path, plugins=plugins)
    asset.sha256, asset.size_bytes = digest.sha256, digest.size
    _note_layout(asset, layout)


def note_facts(assets: list[Asset], plugins: PluginManager) -> None:
    """Read what the containers of local files state, and leave the files as they are. Runs in a thread."""
    for asset in assets:
        if path := local_file(asset.url):
            _note_layout(asset, _inspect(path, plugins))


def _note_layout(asset: Asset, layout: Layout | None) -> None:
    if layout is not None:
        if asset.media_type == UNKNOWN_MEDIA_TYPE:
            asset.media_type = layout.media_type
        fill_facts(asset, layout.facts)


def _inspect(path: Path, plugins: PluginManager) -> Layout | None:
    from genblaze.embedding import inspect_file

    try:
        return inspect_file(path, plugins=plugins)
    except GenblazeError as error:
        logger.debug("%s cannot be parsed: %s", path, error)
        return None


def fill_facts(asset: Asset, facts: dict[str, Any]) -> None:
    """Set what the container states and the provider did not."""
    for name in ("width", "height", "duration"):
        if getattr(asset, name) is None and facts.get(name) is not None:
            setattr(asset, name, facts[name])
    for name, kind in (("video", VideoMetadata), ("audio", AudioMetadata)):
        if getattr(asset, name) is None and facts.get(name):
            setattr(asset, name, kind(**facts[name]))
