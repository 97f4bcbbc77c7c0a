"""The sink that stores outputs and manifests as objects, under URLs that last."""

from __future__ import annotations

import logging
from concurrent.futures import wait
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from genblaze.errors import GenblazeError, InvalidValueError, SinkError, URLPolicyError
from genblaze.file_urls import local_file
from genblaze.models.enums import KeyStrategy, StepStatus, URLPolicy
from genblaze.sinks.carrying import manifest_to_carry
from genblaze.sinks.contract import BaseSink
from genblaze.sinks.delivering import deliver_assets, is_own
from genblaze.sinks.keys import KeyLayout, RunScope, check_segment, scope_of
from genblaze.sinks.manifests import manifest_options, store_manifest
from genblaze.sinks.reading import ManifestReader
from genblaze.sinks.records import Deliveries, StoredManifest
from genblaze.sinks.transfer import RunTransfer, Uploader
from genblaze.storing import as_store

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from genblaze.models.asset import Asset
    from genblaze.models.manifest import Manifest
    from genblaze.models.run import Run
    from genblaze.models.step import Step
    from genblaze.pipeline import PipelineResult
    from genblaze.plugins import PluginManager
    from genblaze.storing import ObjectLockConfig, StorageBackend, Store

__all__ = ["ObjectStorageSink"]

logger = logging.getLogger("genblaze.sinks")


class ObjectStorageSink(BaseSink):
    """Stores each output as it was generated, then the manifest beside it.

    Uploads begin as soon as a step ends. Afterwards the assets' URLs are those of the objects, and the manifest knows
    its own. Equal contents of a run become one object. The manifest is written last, and only when every output is
    there; it never takes the place of a different one. One sink serves any number of runs, also at once.

    Args:
        backend: A `Store`, or a backend of the published kind. It stays open, and its owner's to close.
        prefix: What all keys begin with; may be empty.
        key_strategy: Keys by digest of the content, or by run.
        embed: Let the objects carry the manifest; by run only, as a digest in a key would not be the object's. Uploads
            then begin at the end of the run. A format that cannot hold a manifest is stored as it is.
        parquet_sink: A further sink that gets the run after it was stored; what it fails with is only logged.
        max_upload_workers: Uploads at once; the bytes under way are bounded too.
        manifest_lock: Retention of manifests.
        asset_lock: Retention of outputs. An equal object that is there already is left as it is.
        store_inputs: Store the local files that steps were given, too: to others a path of this machine says nothing.
            Inputs at URLs stay where they are.
        allowed_roots: Folders, besides the run's own and temporary ones, from which local files are taken.
        plugins: Fetch outputs that lie elsewhere, and know formats; the installed ones unless given.
        asset_url_policy: `PUBLIC` insists on a backend with a public address; URLs that expire are no records.
        pipelined_transfer: Accepted for published programs; transfers are always pipelined.
        eager_transfer: Accepted for published programs; uploads always begin as steps end.
        strict_manifest_reads: Refuse to read manifests with outputs that have no digest; unless given, the variable
            `GENBLAZE_STRICT_MANIFEST_READS` says it.
        allow_unverified_manifest_reads: Read them all the same; else `GENBLAZE_ALLOW_UNVERIFIED_MANIFEST_READS`.
        legacy_index_tenant_id: Whose assets the notes are about that older programs wrote without a tenant.

    Raises:
        InvalidValueError: The backend is no store, or an argument is out of range.
        URLPolicyError: The policy cannot be kept.
    """

    _close_with_run = False

    def __init__(
        self,
        backend: Store | StorageBackend,
        *,
        prefix: str = "genblaze",
        key_strategy: KeyStrategy = KeyStrategy.CONTENT_ADDRESSABLE,
        embed: bool = False,
        parquet_sink: BaseSink | None = None,
        max_upload_workers: int = 16,
        manifest_lock: ObjectLockConfig | None = None,
        asset_lock: ObjectLockConfig | None = None,
        store_inputs: bool = True,
        allowed_roots: Sequence[str | os.PathLike[str]] = (),
        plugins: PluginManager | None = None,
        asset_url_policy: URLPolicy = URLPolicy.AUTO,
        pipelined_transfer: bool = False,  # noqa: ARG002 - published
        eager_transfer: bool = False,  # noqa: ARG002 - published
        allow_unverified_manifest_reads: bool | None = None,
        strict_manifest_reads: bool | None = None,
        legacy_index_tenant_id: str | None = None,
    ) -> None:
        _check_policy(asset_url_policy, backend)
        if max_upload_workers < 1:
            msg = f"ObjectStorageSink: max_upload_workers is {max_upload_workers}, it must be at least 1"
            raise InvalidValueError(msg)
        self._store = as_store(backend)
        self._layout = KeyLayout(prefix, key_strategy)
        if embed and self._layout.by_content:
            msg = "ObjectStorageSink: embed=True needs key_strategy=KeyStrategy.HIERARCHICAL"
            raise InvalidValueError(msg)
        self._embed = embed
        self._reader = ManifestReader(
            self._store,
            self._layout,
            strict=strict_manifest_reads,
            allow_unverified=allow_unverified_manifest_reads,
            legacy_tenant=legacy_index_tenant_id,
        )
        self._parquet_sink = parquet_sink
        self._workers = max_upload_workers
        self._asset_lock = asset_lock
        self._with_inputs = store_inputs
        self._manifest_options = manifest_options(self._layout, manifest_lock)
        self._roots = tuple(Path(root) for root in allowed_roots)
        self._plugins = plugins
        self._lock = Lock()
        self._ready = False
        self._uploader: Uploader | None = None
        self._open: dict[str, RunTransfer] = {}

    def __repr__(self) -> str:
        """Where things go; stores keep their keys out of their own repr."""
        return f"ObjectStorageSink({self._store!r}, prefix={self._layout.prefix!r}, {self._layout.strategy})"

    def check(self, *, tenant_id: str | None, run_id: str | None) -> None:
        """Refuse a tenant or a run whose name cannot be a folder of the store, or makes keys longer than it takes."""
        check_segment("tenant_id", tenant_id)
        check_segment("run_id", run_id)
        self._store.url_of(self._layout.longest(tenant_id, run_id))

    def preflight(self) -> None:
        """Refuse a store that cannot be written to, until it once could be."""
        if not self._ready:
            self._store.preflight(locking=self._asset_lock is not None or self._manifest_options.lock is not None)
            self._ready = True

    def on_step_complete(self, step: Step, *, run_id: str, tenant_id: str | None, date_str: str) -> None:
        """Begin to upload what a step wrote; its assets are rewritten when the run ends."""
        if step.status != StepStatus.SUCCEEDED or self._embed:
            return
        transfer = self._transfer(RunScope(run_id, tenant_id, date_str))
        for asset in step.assets:
            path = local_file(asset.url)
            if path is not None and asset.sha256 is not None and is_own(path, self._roots, step):
                transfer.begin(asset, path)

    def lend(self, asset: Asset, seconds: int, *, run_id: str, tenant_id: str | None, date_str: str) -> str | None:
        """Store an output or input of a run that is under way, and give a URL that others can read for so long.

        None where its object is not to exist like that (`embed=True`), or the store gives no such URLs.
        """
        path = local_file(asset.url)
        if self._embed or path is None:
            return None
        transfer = self._transfer(RunScope(run_id, tenant_id, date_str))
        transfer.begin(asset, path)
        stored = transfer.outcome(asset)
        if isinstance(stored, str):
            logger.warning("%r could not store input %s: %s", self, asset.asset_id, stored)
            return None
        try:
            return self._store.presign(stored.key, expires_in=seconds)
        except GenblazeError:  # a folder, say
            return None

    def write_run(self, run: Run, manifest: Manifest) -> None:
        """Store a run that no pipeline hands over, from where its assets' URLs say they are.

        Raises:
            SinkError: Something could not be stored; what could has its URL, and calling again does the rest.
        """
        self._store_run(run, manifest, Deliveries())

    def deliver(self, result: PipelineResult) -> None:
        """Store a result; what became of each asset and of the manifest stands in `result.deliveries`.

        Raises:
            SinkError: Something could not be stored. Nothing is lost: `retry` does the rest.
        """
        self._store_run(result.run, result.manifest, result.deliveries)

    def retry(self, result: PipelineResult) -> None:
        """Finish what failed when the result was delivered; what is stored already is not sent again.

        Raises:
            SinkError: It failed again, and can be tried again.
        """
        told = result.deliveries
        told.sink_errors = tuple(error for error in told.sink_errors if getattr(error, "sink", None) != repr(self))
        try:
            self.deliver(result)
        except SinkError as error:
            told.sink_errors += (error,)
            raise

    def put_asset(self, asset: Asset, *, manifest_uri: str | None = None, tenant_id: str | None = None) -> Asset:
        """Store a single asset that belongs to no run, and set its URL, digest and size.

        Args:
            asset: What to store; a local file may lie anywhere, as it is you who names it.
            manifest_uri: The stored manifest that lists it; a note then lets `read_manifest_for_asset` find it.
            tenant_id: For whom; needed with `manifest_uri`.

        Returns:
            The same asset.

        Raises:
            GenblazeError: It could not be stored, and is as it was.
        """
        return self.put_assets([asset], manifest_uri=manifest_uri, tenant_id=tenant_id)[0]

    def put_assets(
        self, assets: Sequence[Asset], *, manifest_uri: str | None = None, tenant_id: str | None = None
    ) -> list[Asset]:
        """`put_asset` for several at once; the first failure is raised after the others have ended."""
        self.check(tenant_id=tenant_id, run_id=None)
        if manifest_uri is not None and not tenant_id:
            msg = "put_asset: a manifest_uri needs the tenant_id for whom the asset can be looked up"
            raise SinkError(msg)
        uploader, scope = self._uploads(), RunScope(tenant_id=tenant_id)
        begun = [uploader.submit(asset, scope, local_file(asset.url)) for asset in assets]
        wait(begun)
        for asset, future in zip(assets, begun, strict=True):
            stored = future.result()
            asset.url, asset.sha256, asset.size_bytes = stored.url, stored.sha256, stored.size
            if manifest_uri is not None and tenant_id:
                self._reader.note(asset.asset_id, manifest_uri, tenant_id)
        return list(assets)

    def manifest_key_for(self, run: Run) -> str:
        """The key of a run's manifest."""
        return self._layout.manifest(scope_of(run))

    def manifest_url_for(self, run: Run) -> str:
        """The lasting URL of a run's manifest."""
        return self._store.url_of(self.manifest_key_for(run))

    def read_manifest(self, run: Run, *, verify: bool = True, allow_unverified_assets: bool = False) -> Manifest:
        """The stored manifest of a run, checked unless told otherwise.

        Args:
            run: Its id, tenant and date say where the manifest is.
            verify: Check its hash, and that outputs have digests (a warning, unless the sink reads strictly).
            allow_unverified_assets: Do not mind outputs without a digest.

        Raises:
            StorageError: There is none.
            ManifestError: It is not what its hash says, or no manifest at all.
        """
        key = self.manifest_key_for(run)
        return self._reader.read(key, verify=verify, allow_unverified_assets=allow_unverified_assets)

    def read_manifest_for_asset(
        self, asset_id: str, *, tenant_id: str, verify: bool = True, allow_unverified_assets: bool = False
    ) -> Manifest | None:
        """The manifest that an asset was put with; None where there is none for this tenant."""
        self.check(tenant_id=tenant_id, run_id=None)
        return self._reader.read_for_asset(
            asset_id, tenant_id, verify=verify, allow_unverified_assets=allow_unverified_assets
        )

    def close(self, timeout: float | None = None) -> None:  # noqa: ARG002 - published; stores have their own time limits
        """Wait for uploads under way. The sink can go on to be used; the store stays open."""
        with self._lock:
            self._open.clear()
            uploader, self._uploader = self._uploader, None
        if uploader is not None:
            uploader.close()

    def _store_run(self, run: Run, manifest: Manifest, deliveries: Deliveries) -> None:
        scope = scope_of(run)
        try:
            self.check(tenant_id=run.tenant_id, run_id=run.run_id)
            manifest.assert_writable_schema()
            transfer = self._transfer(scope)
            if self._embed:
                inputs = transfer.inputs_of(run)
                transfer.manifest = manifest_to_carry(manifest, inputs, self._layout, scope, self._store)
            deliver_assets(run, manifest, transfer, deliveries, sink=repr(self), roots=self._roots)
            manifest.compute_hash()
            self._store_manifest(manifest, scope, deliveries)
        except (GenblazeError, OSError) as error:
            msg = f"{self!r} could not store run {run.run_id}: {error}"
            raise SinkError(msg, sink=repr(self)) from error
        finally:
            with self._lock:
                self._open.pop(run.run_id, None)
        self._hand_to_parquet(run, manifest)

    def _store_manifest(self, manifest: Manifest, scope: RunScope, deliveries: Deliveries) -> None:
        name = repr(self)
        status = store_manifest(self._store, self._layout, scope, manifest, self._manifest_options)
        stored = StoredManifest(sink=name, url=manifest.manifest_uri or "", status=status)
        deliveries.manifests = (*(each for each in deliveries.manifests if each.sink != name), stored)

    def _hand_to_parquet(self, run: Run, manifest: Manifest) -> None:
        """Give the stored run to the further sink; that it fails does not make the run less stored."""
        if self._parquet_sink is None:
            return
        try:
            self._parquet_sink.write_run(run, manifest)
        except Exception as error:  # noqa: BLE001 - third-party code
            logger.warning("%s could not take run %s: %s", type(self._parquet_sink).__name__, run.run_id, error)

    def _transfer(self, scope: RunScope) -> RunTransfer:
        """The uploads of a run, begun by whoever speaks of it first."""
        uploader = self._uploads()
        with self._lock:
            return self._open.setdefault(scope.run_id or "", RunTransfer(uploader, scope))

    def _uploads(self) -> Uploader:
        from genblaze.plugins import default_plugins

        with self._lock:
            if self._uploader is None:
                plugins = self._plugins or default_plugins()
                self._uploader = Uploader(
                    self._store,
                    self._layout,
                    plugins,
                    workers=self._workers,
                    lock=self._asset_lock,
                    with_inputs=self._with_inputs,
                )
            return self._uploader


def _check_policy(policy: URLPolicy, backend: object) -> None:
    if policy == URLPolicy.PRESIGNED:
        msg = "ObjectStorageSink: presigned URLs expire, so they are no records; ask the store for one when needed"
        raise URLPolicyError(msg)
    if policy == URLPolicy.PUBLIC and not getattr(backend, "public_url_base", None):
        msg = "ObjectStorageSink: asset_url_policy PUBLIC needs a backend with a public_url_base"
        raise URLPolicyError(msg)
