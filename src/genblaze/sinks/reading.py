"""Reads manifests back out of a store, by run and by asset."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Final

import msgspec

from genblaze.errors import ManifestError, SinkError, StorageError, UnverifiedAssetError
from genblaze.models.enums import StorageErrorCode
from genblaze.sinks.manifests import read_stored
from genblaze.storing import PutOptions

if TYPE_CHECKING:
    from genblaze.models.manifest import Manifest
    from genblaze.sinks.keys import KeyLayout
    from genblaze.storing import Store

__all__ = ["ManifestReader"]

logger = logging.getLogger("genblaze.sinks")

STRICT_VARIABLE: Final = "GENBLAZE_STRICT_MANIFEST_READS"
ALLOW_VARIABLE: Final = "GENBLAZE_ALLOW_UNVERIFIED_MANIFEST_READS"


class _Note(msgspec.Struct):
    """What lies under an asset's index key."""

    manifest_uri: str
    tenant_id: str | None = None


_notes = msgspec.json.Decoder(_Note)


class ManifestReader:
    """Reads the manifests of one sink.

    Args:
        store: Where they are.
        layout: Under which keys.
        strict: Refuse manifests with outputs that have no digest; None asks `GENBLAZE_STRICT_MANIFEST_READS`.
        allow_unverified: Let them pass all the same; None asks `GENBLAZE_ALLOW_UNVERIFIED_MANIFEST_READS`.
        legacy_tenant: Whose the notes are that name no tenant.
    """

    def __init__(
        self,
        store: Store,
        layout: KeyLayout,
        *,
        strict: bool | None,
        allow_unverified: bool | None,
        legacy_tenant: str | None,
    ) -> None:
        self._store = store
        self._layout = layout
        self._strict = _set(STRICT_VARIABLE) if strict is None else strict
        self._allow_unverified = _set(ALLOW_VARIABLE) if allow_unverified is None else allow_unverified
        self._legacy_tenant = legacy_tenant

    def read(self, key: str, *, verify: bool, allow_unverified_assets: bool) -> Manifest:
        """The manifest at a key, checked unless told otherwise.

        Raises:
            StorageError: There is none, or it cannot be read.
            ManifestError: It is none, or its hash is another one.
            UnverifiedAssetError: An output has no digest, and the reader is strict.
            SinkError: A strict reader was asked to let that pass for one call.
        """
        if self._strict and allow_unverified_assets:
            msg = "A sink that reads strictly takes allow_unverified_manifest_reads=True, not a word for a single call"
            raise SinkError(msg)
        manifest = read_stored(self._store, key)
        if verify and not manifest.verify_hash():
            msg = f"The manifest at {key} is not what its canonical_hash says"
            raise ManifestError(msg)
        if verify and not allow_unverified_assets:
            self._check_digests(manifest, key)
        return manifest

    def read_for_asset(
        self, asset_id: str, tenant_id: str, *, verify: bool, allow_unverified_assets: bool
    ) -> Manifest | None:
        """The manifest that an asset was noted with; None when there is none, or it is another tenant's or asset's."""
        note = self._note(self._layout.index(asset_id, tenant_id)) or self._note(self._layout.index(asset_id, None))
        if note is None or (note.tenant_id or self._legacy_tenant) != tenant_id:
            return None
        key = self._store.key_of(note.manifest_uri)
        if key is None:
            return None
        manifest = self.read(key, verify=verify, allow_unverified_assets=allow_unverified_assets)
        listed = any(asset.asset_id == asset_id for step in manifest.run.steps for asset in step.assets)
        return manifest if listed and manifest.run.tenant_id in (None, tenant_id) else None

    def note(self, asset_id: str, manifest_uri: str, tenant_id: str) -> None:
        """Note in which manifest an asset is."""
        content = msgspec.json.encode({"manifest_uri": manifest_uri, "tenant_id": tenant_id})
        self._store.put(self._layout.index(asset_id, tenant_id), content, PutOptions(content_type="application/json"))

    def _note(self, key: str) -> _Note | None:
        try:
            return _notes.decode(self._store.get(key))
        except StorageError as error:
            if error.error_code == StorageErrorCode.NOT_FOUND:
                return None
            raise
        except msgspec.DecodeError as error:
            msg = f"{key} is no note of where a manifest is: {error}"
            raise SinkError(msg) from error

    def _check_digests(self, manifest: Manifest, key: str) -> None:
        missing = manifest.output_asset_ids_missing_sha256()
        if missing and self._strict and not self._allow_unverified:
            msg = f"The manifest at {key} has {len(missing)} outputs without a digest: {', '.join(missing)}"
            raise UnverifiedAssetError(msg)
        if missing:
            logger.warning("The manifest at %s has %d outputs without a digest", key, len(missing))


def _set(variable: str) -> bool:
    return os.environ.get(variable, "").strip().lower() in {"1", "true", "yes", "on"}
