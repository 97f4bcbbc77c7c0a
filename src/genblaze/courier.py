"""Carries files between jobs and the rest of the world: inputs to a vendor, outputs home, each over its plugin."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from genblaze.errors import GenblazeError, PluginError, ProviderError
from genblaze.file_urls import local_file
from genblaze.hookspecs import FetchContext
from genblaze.models.enums import ProviderErrorCode
from genblaze.threads import daemon_threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from genblaze.jobs import Fetched
    from genblaze.models.asset import Asset
    from genblaze.plugins import PluginManager
    from genblaze.storing import Store

__all__ = ["PluginCourier", "input_folder"]


def input_folder(output_dir: Path) -> Path:
    """Where copies of inputs are kept: of files that carried a manifest, and of what lies elsewhere."""
    return output_dir.absolute() / ".genblaze" / "inputs"


class PluginCourier:
    """The courier of a run: it asks the `fetch` and `store` plugins.

    Args:
        plugins: Gives the plugin manager, at first need.
        output_dir: Where the run's files go, and copies of inputs beside them.

    Attributes:
        lenders: The run's sinks: each stores a local file, and gives a URL that others can read for some seconds.
    """

    def __init__(self, plugins: Callable[[], PluginManager], output_dir: Path) -> None:
        self.lenders: list[Callable[[Asset, int], str | None]] = []
        self._plugins = plugins
        self._output_dir = output_dir

    async def fetch(self, url: str, target: Path, bounds: FetchContext) -> Fetched:
        """Bring the bytes that a URL names into `target`."""
        return await self._plugins().fetch(url, target, bounds)

    async def input_path(self, asset: Asset) -> Path:
        """A local file with the content of an input, free of manifests; one that lies elsewhere is brought here.

        Raises:
            ProviderError: It is missing, or its content is not what the asset's digest says.
        """
        path = local_file(asset.url)
        if path is None:
            path = await self._bring(asset)
        elif not path.is_file():
            msg = f"Input {path} does not exist"
            raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)
        return path

    async def input_url(self, asset: Asset, seconds: int = 900) -> str | None:
        """A URL that a vendor can read an input from, or None where there is none.

        An object of a store is given out for `seconds`, presigned; any other `https:` URL is given as it is.
        """
        presigned = await daemon_threads.run(self._presigned, asset.url, seconds)
        if presigned is not None:
            return presigned
        return asset.url if urlsplit(asset.url).scheme == "https" else None

    async def stored_url(self, asset: Asset, seconds: int = 900) -> str | None:
        """A URL of a local input that a sink of the run stores, or None where none does that others can read."""
        for lend in self.lenders:
            url = await daemon_threads.run(lend, asset, seconds)
            if url is not None and urlsplit(url).scheme == "https":
                return url
        return None

    def _presigned(self, url: str, seconds: int) -> str | None:
        store = self._store_of(url)
        if store is None:
            return None
        try:
            key = store.key_of(url)
            found = None if key is None else store.presign(key, expires_in=seconds)
        except GenblazeError:
            return None  # a folder, say, which nobody outside can read: the bytes go another way
        finally:
            store.close()
        return found if found is not None and urlsplit(found).scheme == "https" else None

    def _store_of(self, url: str) -> Store | None:
        if local_file(url) is not None:
            return None
        try:
            return self._plugins().store(url)
        except (PluginError, ValueError):
            return None  # nobody stores at this scheme

    async def _bring(self, asset: Asset) -> Path:
        """Fetch an input once, by its URL, and strip and check it."""
        folder = input_folder(self._output_dir)
        folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(asset.url.encode()).hexdigest()[:32]
        target = folder / f"{name}{_suffix(asset.url)}"
        if not target.is_file():
            url = await daemon_threads.run(self._presigned, asset.url, 900) or asset.url
            await self.fetch(url, target, FetchContext())
        await daemon_threads.run(self._settle, target, asset)
        return target

    def _settle(self, path: Path, asset: Asset) -> None:
        """Take a manifest out of a fetched input, and compare its content with the recorded digest."""
        from genblaze.embedding import content_digest, strip_manifest

        digest = content_digest(path, plugins=self._plugins())
        if digest.size != path.stat().st_size:
            strip_manifest(path, plugins=self._plugins())
        if asset.sha256 is not None and digest.sha256 != asset.sha256:
            path.unlink(missing_ok=True)
            msg = (
                f"The content of input {asset.asset_id} has changed: it is {digest.sha256[:12]}…, "
                f"the asset says {asset.sha256[:12]}…"
            )
            raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)


def _suffix(url: str) -> str:
    suffix = Path(urlsplit(url).path).suffix
    return suffix if suffix.isascii() and suffix[1:].isalnum() and len(suffix) <= 8 else ""
