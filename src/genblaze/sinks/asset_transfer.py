"""`AssetTransfer`: single assets into a store, for programs that were written for the published class of this name."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from genblaze.errors import GenblazeError, StorageError
from genblaze.file_urls import local_file
from genblaze.models.enums import KeyStrategy
from genblaze.sinks.content import check_origin, temporary_folder
from genblaze.sinks.keys import KeyLayout, RunScope
from genblaze.sinks.transfer import Uploader
from genblaze.storing import as_store
from genblaze.threads import daemon_threads

if TYPE_CHECKING:
    from genblaze.models.asset import Asset
    from genblaze.storing import StorageBackend, Store

__all__ = ["AssetTransfer"]


class _Layout(KeyLayout):
    """Keys right below the prefix, as the published class makes them."""

    def asset(self, scope: RunScope, asset_id: str, sha256: str, extension: str) -> str:
        if self.by_content:
            return self._keys.build(sha256[:2], sha256[2:4], f"{sha256}{extension.lower()}")
        above = (scope.tenant_id or "", scope.date or "", scope.run_id or "")
        return self._keys.build(*above, "assets", f"{asset_id}{extension}")


class AssetTransfer:
    """Stores single assets. `ObjectStorageSink` does it for runs, several at once, with their manifest.

    Args:
        backend: Where.
        prefix: What all keys begin with.
        key_strategy: Whether a key names the run or the content.
        allowed_roots: Folders that local files must lie in, besides the temporary one.
        max_download_bytes: More is not fetched.
        download_timeout: Seconds for fetching one asset.
        pipelined_transfer: Published; has no effect.
    """

    def __init__(
        self,
        backend: Store | StorageBackend,
        *,
        prefix: str = "assets",
        key_strategy: KeyStrategy = KeyStrategy.CONTENT_ADDRESSABLE,
        allowed_roots: list[Path] | None = None,
        max_download_bytes: int = 5 * 1024**3,
        download_timeout: float = 60,
        pipelined_transfer: bool = False,  # noqa: ARG002 - published
    ) -> None:
        from genblaze.plugins import default_plugins

        self._store = as_store(backend)
        self._plugins = default_plugins()
        layout = _Layout(prefix, key_strategy)
        self._uploader = Uploader(self._store, layout, self._plugins, workers=1, lock=None, with_inputs=False)
        self._roots = allowed_roots or []
        self._max_bytes = max_download_bytes
        self._timeout = download_timeout

    def transfer(
        self, asset: Asset, *, tenant: str | None = None, date_str: str | None = None, run_id: str | None = None
    ) -> str:
        """Store an asset, set its URL, digest and size, and return its key.

        Raises:
            StorageError: It cannot be read or stored; the asset is then as it was.
        """
        try:
            with ExitStack() as stack:
                path = self._local_copy(asset, stack)
                stored = self._uploader.upload(asset, RunScope(run_id, tenant, date_str), path)
        except StorageError:
            raise
        except GenblazeError as error:
            raise StorageError(str(error)) from error
        asset.url, asset.sha256, asset.size_bytes = stored.url, stored.sha256, stored.size
        return stored.key

    async def atransfer(
        self, asset: Asset, *, tenant: str | None = None, date_str: str | None = None, run_id: str | None = None
    ) -> str:
        """`transfer` without blocking the event loop."""
        return await daemon_threads.run(lambda: self.transfer(asset, tenant=tenant, date_str=date_str, run_id=run_id))

    def _local_copy(self, asset: Asset, stack: ExitStack) -> Path | None:
        """Where the content is on this machine; None for what the store has already."""
        path = local_file(asset.url)
        if path is not None:
            check_origin(path, self._roots, None)
        elif self._store.key_of(asset.url) is None:
            path = self._brought(asset, stack)
        return path

    def _brought(self, asset: Asset, stack: ExitStack) -> Path:
        from genblaze.hookspecs import FetchContext
        from genblaze.sync import run_sync

        target = temporary_folder(stack) / "content"
        bounds = FetchContext(max_bytes=self._max_bytes, timeout=self._timeout)
        run_sync(lambda: self._plugins.fetch(asset.url, target, bounds))
        return target
