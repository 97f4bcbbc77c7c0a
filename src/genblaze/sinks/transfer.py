"""Uploads: the assets of a run, at once within bounds, each distinct content once."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from genblaze.embedding import ContentDigest
from genblaze.file_urls import local_file
from genblaze.sinks.budget import ByteBudget
from genblaze.sinks.carrying import carrying_copy
from genblaze.sinks.content import pristine_content
from genblaze.sinks.keys import extension_of
from genblaze.storing import PutOptions

if TYPE_CHECKING:
    from genblaze.models.asset import Asset
    from genblaze.models.manifest import Manifest
    from genblaze.models.run import Run
    from genblaze.plugins import PluginManager
    from genblaze.sinks.keys import KeyLayout, RunScope
    from genblaze.storing import ObjectLockConfig, ObjectMetadata, Store

__all__ = ["RunTransfer", "StoredObject", "Uploader"]

UPLOAD_BYTES: Final = 64 * 1024 * 1024
"""Bytes that are under way at once."""

FILE_BYTES: Final = UPLOAD_BYTES // 2
"""What of them a large file takes: stores read it piece by piece."""


class StoredObject(Struct, frozen=True):
    """An asset's content in the store."""

    key: str
    url: str
    sha256: str
    size: int


class Uploader:
    """Puts single assets into a store.

    Args:
        store: Where.
        layout: Under which keys.
        plugins: Fetch, and know formats.
        workers: Uploads at once.
        lock: Retention of each object.
        with_inputs: Whether the local files that steps were given are stored too.
    """

    def __init__(
        self,
        store: Store,
        layout: KeyLayout,
        plugins: PluginManager,
        *,
        workers: int,
        lock: ObjectLockConfig | None,
        with_inputs: bool,
    ) -> None:
        self.store = store
        self.with_inputs = with_inputs
        self._layout = layout
        self._plugins = plugins
        self._workers = workers
        self._lock = lock
        self._budget = ByteBudget(UPLOAD_BYTES)
        self._guard = Lock()
        self._pool: ThreadPoolExecutor | None = None

    def submit(
        self, asset: Asset, scope: RunScope, path: Path | None, manifest: Manifest | None = None
    ) -> Future[StoredObject]:
        """Begin to store an asset, with a manifest in the object if one is given."""
        with self._guard:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._workers, "genblaze-upload")
            return self._pool.submit(self.upload, asset, scope, path, manifest)

    def is_outside(self, asset: Asset) -> bool:
        """Whether an asset is a file of this machine whose content is on record, and no object of the store."""
        path = local_file(asset.url)
        known = path is not None and path.is_file() and asset.sha256 is not None
        return known and self.store.key_of(asset.url) is None

    def close(self) -> None:
        """Wait for uploads under way and end the threads; the next upload starts new ones."""
        with self._guard:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown()

    def upload(
        self, asset: Asset, scope: RunScope, path: Path | None, manifest: Manifest | None = None
    ) -> StoredObject:
        """Store an asset, in this thread.

        Raises:
            GenblazeError: It cannot be read or stored.
        """
        stored = self._already_there(asset, scope) if manifest is None else None
        if stored is not None:
            return stored
        with ExitStack() as stack:
            size = path.stat().st_size if path is not None and path.is_file() else asset.size_bytes
            stack.enter_context(self._budget.hold(FILE_BYTES if size is None else min(size, FILE_BYTES)))
            content, digest = pristine_content(asset, path, self.store, self._plugins, stack)
            key = self._key(asset, scope, digest.sha256)
            if manifest is None:
                self._put(key, content, digest, asset)
            else:
                carrying = carrying_copy(content, digest, manifest, self._plugins, stack)
                self._put(key, carrying, _digest_of(carrying), asset)
            return StoredObject(key, self.store.url_of(key), digest.sha256, digest.size)

    def _key(self, asset: Asset, scope: RunScope, sha256: str) -> str:
        return self._layout.asset(scope, asset.asset_id, sha256, extension_of(asset.url, asset.media_type))

    def _already_there(self, asset: Asset, scope: RunScope) -> StoredObject | None:
        """The object that the asset's URL names, if it lies where we would put it and holds what the asset says."""
        if asset.sha256 is None or asset.size_bytes is None:
            return None
        key = self.store.key_of(asset.url)
        if key is None or key != self._key(asset, scope, asset.sha256):
            return None
        found = self.store.head(key)
        if not _holds(found, asset.sha256, asset.size_bytes, by_content=self._layout.by_content):
            return None
        return StoredObject(key, asset.url, asset.sha256, asset.size_bytes)

    def _put(self, key: str, content: Path, digest: ContentDigest, asset: Asset) -> None:
        options = PutOptions(
            content_type=asset.media_type,
            cache_control=self._layout.cache_control,
            sha256=digest.sha256,
            lock=self._lock,
        )
        if self.store.put_if_absent(key, content, options):
            return
        # Somebody else's, of an earlier attempt, or ours after all: an acknowledgement may have got lost.
        if not _holds(self.store.head(key), digest.sha256, digest.size, by_content=self._layout.by_content):
            self.store.put(key, content, options)


def _digest_of(path: Path) -> ContentDigest:
    with path.open("rb") as file:
        return ContentDigest(hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size)


def _holds(found: ObjectMetadata | None, sha256: str, size: int, *, by_content: bool) -> bool:
    """Whether an object has this content, as far as the store can tell without reading it."""
    if found is None or found.size != size:
        return False
    return by_content if found.sha256 is None else found.sha256 == sha256


class RunTransfer:
    """The uploads of one run: each distinct content goes up once, whichever step made it.

    Args:
        uploader: Does the work.
        scope: The run.

    Attributes:
        manifest: What each object is to carry; every output is then an object of its own.
    """

    manifest: Manifest | None = None

    def __init__(self, uploader: Uploader, scope: RunScope) -> None:
        self._uploader = uploader
        self._scope = scope
        self._under_way: dict[str, Future[StoredObject]] = {}

    def inputs_of(self, run: Run) -> list[Asset]:
        """The local files that steps were given from outside, each once; empty unless inputs are stored too."""
        if not self._uploader.with_inputs:
            return []
        made = {asset.url for step in run.steps for asset in step.assets}
        given = {asset.url: asset for step in run.steps for asset in step.inputs if asset.url not in made}
        return [asset for asset in given.values() if self._uploader.is_outside(asset)]

    def begin(self, asset: Asset, path: Path | None, *, carries: bool = True) -> None:
        """Begin with an asset, unless its content is under way or there already; what failed is tried again.

        Args:
            asset: Which asset.
            path: Its local file; None fetches the content from its URL.
            carries: Whether its object is to carry the manifest, if any is.
        """
        content = self._name(asset)
        begun = self._under_way.get(content)
        if begun is None or (begun.done() and begun.exception() is not None):
            self._under_way[content] = self._uploader.submit(
                asset.model_copy(deep=True), self._scope, path, self.manifest if carries else None
            )

    def outcome(self, asset: Asset) -> StoredObject | str:
        """Wait for an asset that was begun: the object, or the reason why there is none."""
        try:
            return self._under_way[self._name(asset)].result()
        except Exception as error:  # noqa: BLE001 - third-party stores: one asset must not cost the others their place
            return str(error) or type(error).__name__

    def _name(self, asset: Asset) -> str:
        return asset.asset_id if self.manifest is not None else asset.sha256 or asset.url
