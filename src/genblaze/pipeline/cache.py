"""The step cache: a step whose inputs have not changed is answered from a folder instead of by its provider."""

from __future__ import annotations

import logging
import os
import time
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from genblaze.atomic import atomic_write
from genblaze.canonical import canonical_hash
from genblaze.errors import GenblazeError, InvalidValueError
from genblaze.file_urls import local_file
from genblaze.models.asset import Asset
from genblaze.models.asset_url import shown_url
from genblaze.models.enums import PromptVisibility, StepStatus
from genblaze.models.privacy import redact_step
from genblaze.models.record import new_id
from genblaze.models.step import Step
from genblaze.pipeline.turns import Turn, take_turn

if TYPE_CHECKING:
    from genblaze.plugins import PluginManager

logger = logging.getLogger("genblaze.cache")


def step_cache_key(step: Step, tenant_id: str | None = None) -> str:
    """The cache key of a step: lowercase hex SHA-256 over what it asks for (the published layout).

    Inputs count by content, or by URL where they have no digest; their order matters. Metadata, identities and
    results do not count.
    """
    asked: dict[str, Any] = {
        "provider": step.provider,
        "model": step.model,
        "model_version": step.model_version,
        "model_hash": step.model_hash,
        "prompt": step.prompt,
        "negative_prompt": step.negative_prompt,
        "prompt_visibility": str(step.prompt_visibility),
        "params": step.params,
        "seed": step.seed,
        "modality": str(step.modality),
        "step_type": str(step.step_type),
        "input_ids": [asset.sha256 or asset.url for asset in step.inputs] or None,
    }
    tenant = (tenant_id or "").strip()
    if tenant:
        asked["tenant_id"] = tenant
    return canonical_hash(asked)


class StepCache:
    """A folder of finished steps, one JSON file per key; several processes may share it.

    Only successes are kept. A private prompt is not written in clear. An entry whose local files are gone or have
    changed counts as absent. The outputs themselves stay in the output folder of the run that made them.

    Args:
        cache_dir: The folder, which is made if need be, for its owner alone.
        ttl: Seconds after which an entry counts as absent; None keeps it for ever.
        max_bytes: What all entries together may take; those that were asked for longest ago go first.

    Attributes:
        corruption_count: Entries that could not be read so far.
    """

    corruption_count: int = 0

    def __init__(self, cache_dir: str | Path, *, ttl: float | None = None, max_bytes: int | None = None) -> None:
        for name, value in (("ttl", ttl), ("max_bytes", max_bytes)):
            if value is not None and not value > 0:
                msg = f"StepCache({name}={value!r}): must be greater than 0"
                raise InvalidValueError(msg)
        self._ttl = ttl
        self._max_bytes = max_bytes
        self._dir = Path(cache_dir)
        self._dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # params of prompts that are not public lie here

    def __repr__(self) -> str:
        """The folder."""
        return f"StepCache({str(self._dir)!r})"

    def get(self, step: Step, tenant_id: str | None = None) -> Step | None:
        """The finished step that answers `step`, or None."""
        entry = self._entry(step, tenant_id)
        try:
            if self._ttl is not None and time.time() - Path(entry).stat().st_mtime > self._ttl:
                return None
            with FileIO(entry) as file:  # a path and a buffer would take longer than all the reading
                found = Step.model_validate_json(file.readall())
        except FileNotFoundError:
            return None
        except (GenblazeError, ValueError, TypeError, OSError) as error:
            self.corruption_count += 1
            path = Path(entry)
            logger.warning("Cache entry %s cannot be read and is dropped: %s", path.name, error)
            with suppress(OSError):
                path.unlink(missing_ok=True)
            return None
        if self._max_bytes is not None:
            _touch(Path(entry))
        return found if found.status == StepStatus.SUCCEEDED and found.assets else None

    def put(self, step: Step, result: Step, tenant_id: str | None = None) -> None:
        """Keep `result` as the answer to `step`.

        Anything but a success is ignored, and so is what nobody gets at without credentials in a URL: they expire.
        """
        if result.status != StepStatus.SUCCEEDED or any(shown_url(asset.url) != asset.url for asset in result.assets):
            return
        with atomic_write(Path(self._entry(step, tenant_id))) as file:
            file.write(msgspec.json.encode(_storable(result)))
        if self._max_bytes is not None:
            self._shrink(self._max_bytes)

    def turn(self, step: Step, tenant_id: str | None = None) -> Turn | None:
        """The right to find the answer to `step`, or None while somebody else, here or elsewhere, has it.

        Never waits.
        """
        return take_turn(Path(self._entry(step, tenant_id)).with_suffix(".lock"))

    def clear(self) -> None:
        """Remove every entry."""
        for path in self._dir.glob("*.json"):
            path.unlink(missing_ok=True)

    def _shrink(self, limit: int) -> None:
        """Remove the entries that were asked for longest ago, until the others fit; the newest one stays."""
        entries = [(path, stat) for path in self._dir.glob("*.json") if (stat := _stat(path)) is not None]
        entries.sort(key=lambda entry: max(entry[1].st_atime_ns, entry[1].st_mtime_ns))
        size = sum(stat.st_size for _, stat in entries)
        for path, stat in entries[:-1]:
            if size <= limit:
                return
            path.unlink(missing_ok=True)
            size -= stat.st_size

    def _entry(self, step: Step, tenant_id: str | None) -> str:
        """The file of a step's answer."""
        return f"{self._dir}{os.sep}{step_cache_key(step, tenant_id)}.json"


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:  # another process has removed it
        return None


def _touch(path: Path) -> None:
    """Note that an entry was asked for, as its access time: file systems seldom do so by themselves."""
    with suppress(OSError):
        os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))


def _storable(result: Step) -> Step:
    """The entry as written: without the run, private prompts, and credentials in URLs."""
    inputs = [asset.model_copy(update={"url": shown_url(asset.url)}) for asset in result.inputs]
    hidden: dict[str, Any] = {"run_id": None, "inputs": inputs}
    if result.prompt_visibility != PromptVisibility.PUBLIC:
        # Vendors repeat prompts in what they answer; inputs and metadata may hold the same texts.
        hidden |= {"params": {}, "inputs": [], "metadata": {}, "provider_payload": {}}
        result = redact_step(result)
        hidden |= {"prompt": None, "negative_prompt": None}
    return result.model_copy(update=hidden)


def revive(cached: Step, output_dir: Path, plugins: PluginManager) -> list[Asset] | None:
    """Assets of its own for a step that is answered from the cache, or None when a file is gone or has changed.

    Local files are copied to new ones, without the earlier run's manifest. Blocks; call it in a thread.
    """
    from genblaze.embedding import copy_content

    revived = []
    for old in cached.assets:
        asset = old.model_copy(deep=True)
        asset.asset_id = new_id()
        path = local_file(old.url)
        if path is not None:
            if not path.is_file():
                return None
            target = output_dir.absolute() / f"{asset.asset_id}{path.suffix}"
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                digest = copy_content(path, target, plugins=plugins)
            except GenblazeError:
                return None
            if digest.sha256 != old.sha256:
                target.unlink(missing_ok=True)
                return None
            asset.url = target.as_uri()
        revived.append(asset)
    return revived
