"""Which fields of a run each schema version hashes, and a run as canonical bytes.

The rules are those of the published format (versions 1.0 to 1.6). A field that a version did not know yet is
hashed with its default: the hash of an old manifest covers the fields of today.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from hashlib import sha256
from typing import Any, Final

from genblaze.canonical import canonical_bytes, canonical_json
from genblaze.errors import ManifestError
from genblaze.models.asset import Asset, is_valid_sha256
from genblaze.models.asset_url import strip_asset_url_credentials
from genblaze.models.projection import Projection
from genblaze.models.run import Run
from genblaze.models.step import Step

__all__ = [
    "SCHEMA_VERSION",
    "SUPPORTED_SCHEMA_VERSIONS",
    "asset_provenance_key",
    "run_bytes",
    "run_hash",
]

SCHEMA_VERSION: Final = "1.5"
"""The version that is written."""

SUPPORTED_SCHEMA_VERSIONS: Final = ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6")
"""The versions that can be read; those after `SCHEMA_VERSION` are never written."""

# Depths in the document: the document is 0, run 1, its list of steps 2, a step 3, its list of assets 4.
_RUN_DEPTH, _STEP_DEPTH, _ASSET_DEPTH = 1, 3, 5


class RunProjection:
    """A run with some fields of it, its steps and their assets left out."""

    def __init__(self, *, run: Collection[str] = (), step: Collection[str] = (), asset: Collection[str] = ()) -> None:
        assets = Projection(Asset, omit=asset, depth=_ASSET_DEPTH)
        self._step = Projection(Step, omit=step, parts=[assets], depth=_STEP_DEPTH)
        self._run = Projection(Run, omit=run, parts=[self._step], depth=_RUN_DEPTH)
        # Steps are written apart, so that an unusual one does not slow down the others: the other fields of the run are
        # therefore written in two parts.
        fields = Run.__struct_fields__
        self._before = Projection(Run, omit={*run, *(name for name in fields if name >= "steps")}, depth=_RUN_DEPTH)
        self._after = Projection(Run, omit={*run, *(name for name in fields if name <= "steps")}, depth=_RUN_DEPTH)

    def to_bytes(self, run: Run) -> bytes:
        """Write the run as canonical JSON.

        Raises:
            ManifestError: For a value that canonical JSON cannot hold; the text names its place in the run.
        """
        try:
            return b'%b,"steps":%b,%b' % (
                self._before.to_bytes(run)[:-1],
                self._step.list_to_bytes(run.steps),
                self._after.to_bytes(run)[1:],
            )
        except ManifestError:
            canonical_bytes({"run": self.to_dict(run)})  # raises the same, with the whole place
            raise

    def to_dict(self, run: Run) -> dict[str, Any]:
        """Take the run apart for the general rules."""
        taken: dict[str, Any] = self._run.to_dict(run)
        return taken


_OPERATIONAL_RUN = frozenset({"status", "created_at", "started_at", "completed_at", "idempotency_key", "parent_run_id"})
_OPERATIONAL_STEP = frozenset(
    {
        "status",
        "error",
        "error_code",
        "retries",
        "cost_usd",
        "started_at",
        "completed_at",
        "provider_payload",
        "step_index",
    }
)
_UNHASHED_ASSET = frozenset({"asset_id", "url"})


# Projections are made at first use: making them takes longer than importing the records.
@cache
def _whole() -> RunProjection:
    return RunProjection()


@cache
def _to_1_3() -> RunProjection:
    return RunProjection(run=_OPERATIONAL_RUN, step=_OPERATIONAL_STEP)


@cache
def _from_1_4() -> RunProjection:
    return RunProjection(
        run=_OPERATIONAL_RUN | {"run_id"},
        step=_OPERATIONAL_STEP | {"step_id", "run_id"},
        asset=_UNHASHED_ASSET,
    )


@cache
def _hashed_asset() -> Projection:
    return Projection(Asset, omit=_UNHASHED_ASSET)


def run_bytes(run: Run) -> bytes:
    """Write the whole run as canonical JSON, fields that are not hashed included.

    Raises:
        ManifestError: For a value that canonical JSON cannot hold; the text names its place in the run.
    """
    return _whole().to_bytes(run)


def run_hash(run: Run, schema_version: str) -> str:
    """Digest what the schema version hashes of the run: lowercase hexadecimal SHA-256.

    Raises:
        ManifestError: For a value that canonical JSON cannot hold; the text names its place in the run.
    """
    if schema_version == "1.6":
        text = canonical_bytes({"run": _run_at_1_6(run), "schema_version": schema_version})
    else:
        projection = _to_1_3() if schema_version <= "1.3" else _from_1_4()
        written = projection.to_bytes(run)
        text = b'{"run":%b,"schema_version":%b}' % (written, canonical_bytes(schema_version))
    return sha256(text).hexdigest()


def _run_at_1_6(run: Run) -> dict[str, Any]:
    """Take the run apart by the rules of 1.6, where the URL stands in for a digest that is missing."""
    taken = _from_1_4().to_dict(run)
    for step, step_taken in zip(run.steps, taken["steps"], strict=True):
        for name in ("assets", "inputs"):
            for asset, asset_taken in zip(getattr(step, name), step_taken[name], strict=True):
                asset_taken.update(_integrity_at_1_6(asset))
    return taken


def _integrity_at_1_6(asset: Asset) -> dict[str, str]:
    if is_valid_sha256(asset.sha256):
        return {}
    return {
        "asset_integrity": "url_only_unverified",
        "unverified_asset_url": strip_asset_url_credentials(asset.url),
    }


def asset_provenance_key(asset: Asset, *, schema_version: str = SCHEMA_VERSION) -> tuple[str, int, str]:
    """Order assets by what is hashed of them, so that the order does not depend on random identifiers.

    Returns:
        Digest ("" without one), size (-1 without one), and the hashed fields as canonical JSON.
    """
    if schema_version <= "1.3":
        text = canonical_json(asset.model_dump())
    elif schema_version == "1.6":
        text = canonical_json({**_hashed_asset().to_dict(asset), **_integrity_at_1_6(asset)})
    else:
        text = _hashed_asset().to_bytes(asset).decode()
    return asset.sha256 or "", -1 if asset.size_bytes is None else asset.size_bytes, text
