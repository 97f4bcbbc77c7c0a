"""Manifests in a store: written once, and never over a different one."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Literal

import msgspec

from genblaze.errors import GenblazeError, ManifestError
from genblaze.models.manifest import MAX_MANIFEST_BYTES, Manifest, parse_manifest
from genblaze.redaction import redact
from genblaze.storing import PutOptions, ReadOptions

if TYPE_CHECKING:
    from genblaze.sinks.keys import KeyLayout, RunScope
    from genblaze.storing import ObjectLockConfig, Store

__all__ = ["manifest_options", "read_stored", "store_manifest"]

logger = logging.getLogger("genblaze.sinks")


def manifest_options(layout: KeyLayout, lock: ObjectLockConfig | None) -> PutOptions:
    """How manifests are put."""
    return PutOptions(content_type="application/json", cache_control=layout.cache_control, lock=lock)


def store_manifest(
    store: Store, layout: KeyLayout, scope: RunScope, manifest: Manifest, options: PutOptions
) -> Literal["stored", "present", "diverged"]:
    """Write a manifest where its run belongs, and set its `manifest_uri`; prompts that are not public are redacted.

    An equal one that is there already is left. A different one is left as well, and this one gets a name with its hash.

    Raises:
        GenblazeError: It could not be stored; its `manifest_uri` is what it was.
    """
    before = manifest.manifest_uri
    try:
        key = layout.manifest(scope)
        if _put(store, key, manifest, options):
            return "stored"
        if _is_equal(store, key, manifest):
            return "present"
        aside = layout.manifest(scope, manifest.canonical_hash)
        _put(store, aside, manifest, options)
    except (GenblazeError, OSError):
        manifest.manifest_uri = before
        raise
    logger.warning("Run %s has another manifest at %s, which stays; this one is at %s", scope.run_id, key, aside)
    return "diverged"


def read_stored(store: Store, key: str) -> Manifest:
    """The manifest at a key.

    Raises:
        StorageError: It cannot be read.
        ManifestError: It is none, or too long to be one.
    """
    return parse_manifest(store.get(key, ReadOptions(length=MAX_MANIFEST_BYTES + 1)))


def _put(store: Store, key: str, manifest: Manifest, options: PutOptions) -> bool:
    manifest.manifest_uri = store.url_of(key)
    return store.put_if_absent(key, redact(manifest).to_canonical_json().encode(), options)


def _is_equal(store: Store, key: str, manifest: Manifest) -> bool:
    """Whether the stored one tells of the same: it is intact, and of the same run as it was before redaction."""
    try:
        found = read_stored(store, key)
    except ManifestError:
        return False
    return found.verify_hash() and _full_hash(found) == manifest.canonical_hash


def _full_hash(manifest: Manifest) -> str:
    extensions = {} if manifest.extensions is msgspec.UNSET else manifest.extensions
    return str(extensions.get("redacts") or manifest.canonical_hash)
