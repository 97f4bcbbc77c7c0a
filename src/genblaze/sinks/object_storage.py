"""The sink that stores outputs and manifests as objects, under URLs that last."""

from __future__ import annotations

import logging
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from genblaze.errors import GenblazeError, InvalidValueError, SinkError, URLPolicyError
from genblaze.file_urls import local_file
from genblaze.models.enums import KeyStrategy, StepStatus, URLPolicy
from genblaze.sinks.content import check_origin
from genblaze.sinks.contract import BaseSink
from genblaze.sinks.keys import KeyLayout, RunScope, check_segment
from genblaze.sinks.manifests import manifest_options, store_manifest
from genblaze.sinks.records import Deliveries, StoredManifest, Transfer
from genblaze.sinks.transfer import RunTransfer, StoredObject, Uploader
from genblaze.storing import as_store

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

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
        parquet_sink: A further sink that gets the run after it was stored; what it fails with is only logged.
        max_upload_workers: Uploads at once; the bytes under way are bounded too.
        manifest_lock: Retention of manifests.
        asset_lock: Retention of outputs. An equal object that is there already is left as it is.
        allowed_roots: Folders, besides the run's own and temporary ones, from which local files are taken.
        plugins: Fetch outputs that lie elsewhere, and know formats; the installed ones unless given.
        asset_url_policy: `PUBLIC` insists on a backend with a public address; URLs that expire are no records.
        pipelined_transfer: Accepted for published programs; transfers are always pipelined.
        eager_transfer: Accepted for published programs; uploads always begin as steps end.

    Raises:
        InvalidValueError: The backend is no store, or an argument is out of range.
        URLPolicyError: The policy cannot be kept.
    """

    def __init__(
        self,
        backend: Store | StorageBackend,
        *,
        prefix: str = "genblaze",
        key_strategy: KeyStrategy = KeyStrategy.CONTENT_ADDRESSABLE,
        parquet_sink: BaseSink | None = None,
        max_upload_workers: int = 16,
        manifest_lock: ObjectLockConfig | None = None,
        asset_lock: ObjectLockConfig | None = None,
        allowed_roots: Sequence[str | os.PathLike[str]] = (),
        plugins: PluginManager | None = None,
        asset_url_policy: URLPolicy = URLPolicy.AUTO,
        pipelined_transfer: bool = False,  # noqa: ARG002 - published
        eager_transfer: bool = False,  # noqa: ARG002 - published
    ) -> None:
        _check_policy(asset_url_policy, backend)
        if max_upload_workers < 1:
            msg = f"ObjectStorageSink: max_upload_workers is {max_upload_workers}, it must be at least 1"
            raise InvalidValueError(msg)
        self._store = as_store(backend)
        self._layout = KeyLayout(prefix, key_strategy)
        self._parquet_sink = parquet_sink
        self._workers = max_upload_workers
        self._asset_lock = asset_lock
        self._manifest_options = manifest_options(self._layout, manifest_lock)
        self._roots = tuple(Path(root) for root in allowed_roots)
        self._plugins = plugins
        self._lock = Lock()
        self._uploader: Uploader | None = None
        self._open: dict[str, RunTransfer] = {}

    def __repr__(self) -> str:
        """Where things go; stores keep their keys out of their own repr."""
        return f"ObjectStorageSink({self._store!r}, prefix={self._layout.prefix!r}, {self._layout.strategy})"

    def check(self, *, tenant_id: str | None, run_id: str | None) -> None:
        """Refuse a tenant or a run whose name cannot be a folder of the store."""
        check_segment("tenant_id", tenant_id)
        check_segment("run_id", run_id)

    def on_step_complete(self, step: Step, *, run_id: str, tenant_id: str | None, date_str: str) -> None:
        """Begin to upload what a step wrote; its assets are rewritten when the run ends."""
        if step.status != StepStatus.SUCCEEDED:
            return
        transfer = self._transfer(RunScope(run_id, tenant_id, date_str))
        for asset in step.assets:
            path = local_file(asset.url)
            if path is not None and asset.sha256 is not None and _is_own(path, self._roots, step):
                transfer.begin(asset, path)

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
        errors = result.deliveries.sink_errors
        errors[:] = [error for error in errors if getattr(error, "sink", None) != repr(self)]
        try:
            self.deliver(result)
        except SinkError as error:
            errors.append(error)
            raise

    def close(self, timeout: float | None = None) -> None:  # noqa: ARG002 - published; stores have their own time limits
        """Wait for uploads under way. The sink can go on to be used; the store stays open."""
        with self._lock:
            self._open.clear()
            uploader, self._uploader = self._uploader, None
        if uploader is not None:
            uploader.close()

    def _store_run(self, run: Run, manifest: Manifest, deliveries: Deliveries) -> None:
        scope = RunScope(run.run_id, run.tenant_id, run.created_at.strftime("%Y-%m-%d"))
        try:
            self.check(tenant_id=run.tenant_id, run_id=run.run_id)
            manifest.assert_writable_schema()
            failed = self._store_assets(run, manifest, scope, deliveries)
            manifest.transfer_failures = [asset_id for asset_id, _ in failed]
            if failed:
                raise SinkError(_failure_text(failed, len(deliveries.transfers)))
            manifest.compute_hash()
            self._store_manifest(manifest, scope, deliveries)
        except (GenblazeError, OSError) as error:
            msg = f"{self!r} could not store run {run.run_id}: {error}"
            raise SinkError(msg, sink=repr(self)) from error
        self._hand_to_parquet(run, manifest)

    def _store_assets(
        self, run: Run, manifest: Manifest, scope: RunScope, deliveries: Deliveries
    ) -> list[tuple[str, str]]:
        """Upload the outputs and rewrite their URLs; returns the ids of those that failed, each with the reason."""
        name = repr(self)
        done = {each.asset_id for each in deliveries.transfers if each.sink == name and each.status == "stored"}
        outcomes = self._upload(run, scope, deliveries, done)
        moved = {asset.url: outcome for asset, outcome in outcomes if isinstance(outcome, StoredObject)}
        failed = [(asset.asset_id, outcome) for asset, outcome in outcomes if isinstance(outcome, str)]
        deliveries.transfers[:] = [
            each for each in deliveries.transfers if each.sink != name or each.asset_id in done
        ] + [_transfer_of(asset.asset_id, outcome, name) for asset, outcome in outcomes]
        _rewrite(run, moved)
        if manifest.run is not run:
            _rewrite(manifest.run, moved)
        return failed

    def _upload(
        self, run: Run, scope: RunScope, deliveries: Deliveries, done: set[str]
    ) -> list[tuple[Asset, StoredObject | str]]:
        """Begin with every output that is not done, then wait for all."""
        transfer = self._transfer(scope)
        refused: dict[str, str] = {}
        wanted = [(step, asset) for step in run.steps for asset in step.assets if asset.asset_id not in done]
        for step, asset in wanted:
            path = deliveries.paths.get(asset.asset_id) or local_file(asset.url)
            reason = None if path is None else self._origin_problem(path, asset, step, run, deliveries)
            if asset.url in refused or reason is not None:
                refused.setdefault(asset.url, reason or "")
            else:
                transfer.begin(asset, path)
        outcomes = [(asset, refused.get(asset.url) or transfer.outcome(asset)) for _, asset in wanted]
        with self._lock:
            self._open.pop(run.run_id, None)
        return outcomes

    def _origin_problem(self, path: Path, asset: Asset, step: Step, run: Run, deliveries: Deliveries) -> str | None:
        """Why a local file is not to be sent away; None when it is the run's own, or the user named it."""
        if step.provider is None or any(asset.url == given.url for given in step.inputs):
            return None
        try:
            check_origin(path, (*self._roots, *deliveries.folders), step.started_at or run.created_at)
        except URLPolicyError as error:
            return str(error)
        return None

    def _store_manifest(self, manifest: Manifest, scope: RunScope, deliveries: Deliveries) -> None:
        name = repr(self)
        status = store_manifest(self._store, self._layout, scope, manifest, self._manifest_options)
        stored = StoredManifest(sink=name, url=manifest.manifest_uri or "", status=status)
        deliveries.manifests[:] = [each for each in deliveries.manifests if each.sink != name] + [stored]

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
        with self._lock:
            if self._uploader is None:
                self._uploader = self._new_uploader()
            return self._open.setdefault(scope.run_id or "", RunTransfer(self._uploader, scope))

    def _new_uploader(self) -> Uploader:
        from genblaze.plugins import default_plugins

        return Uploader(self._store, self._layout, self._plugins or default_plugins(), self._workers, self._asset_lock)


def _check_policy(policy: URLPolicy, backend: object) -> None:
    if policy == URLPolicy.PRESIGNED:
        msg = "ObjectStorageSink: presigned URLs expire, so they are no records; ask the store for one when needed"
        raise URLPolicyError(msg)
    if policy == URLPolicy.PUBLIC and not getattr(backend, "public_url_base", None):
        msg = "ObjectStorageSink: asset_url_policy PUBLIC needs a backend with a public_url_base"
        raise URLPolicyError(msg)


def _is_own(path: Path, roots: Sequence[Path], step: Step) -> bool:
    """Whether a file is known to be the step's own already while the run is under way."""
    try:
        check_origin(path, roots, step.started_at)
    except URLPolicyError:
        return False
    return True


def _transfer_of(asset_id: str, outcome: StoredObject | str, sink: str) -> Transfer:
    if isinstance(outcome, str):
        return Transfer(asset_id=asset_id, sink=sink, status="failed", error=outcome)
    return Transfer(asset_id=asset_id, sink=sink, status="stored", url=outcome.url)


def _failure_text(failed: Sequence[tuple[str, str]], total: int) -> str:
    reasons = "; ".join(f"{asset_id}: {reason}" for asset_id, reason in failed)
    return (
        f"{len(failed)} of {total} outputs could not be stored, so the manifest was not either ({reasons}). "
        "Nothing is lost: sink.retry(result) does the rest."
    )


def _rewrite(run: Run, moved: dict[str, StoredObject]) -> None:
    """Let the records say where their content is now, outputs and the inputs that were outputs alike."""
    for asset in _assets(run):
        stored = moved.get(asset.url)
        if stored is not None:
            asset.url, asset.sha256, asset.size_bytes = stored.url, stored.sha256, stored.size


def _assets(run: Run) -> Iterator[Asset]:
    for step in run.steps:
        yield from step.assets
        yield from step.inputs
