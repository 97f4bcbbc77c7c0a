"""Which fields of a run each schema version hashes, and the hash.

The rules are those of the published format (versions 1.0 to 1.6). A field that a version did not know yet is
hashed with its default: the hash of an old manifest covers the fields of today.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import Any, Final

from genblaze.canonical import canonical_bytes
from genblaze.models.asset import Asset, is_valid_sha256
from genblaze.models.asset_url import strip_asset_url_credentials
from genblaze.models.projection import Projection
from genblaze.models.run import Run
from genblaze.models.step import Step

__all__ = [
    "SCHEMA_VERSION",
    "SUPPORTED_SCHEMA_VERSIONS",
    "asset_provenance_key",
    "run_hash",
]

SCHEMA_VERSION: Final = "1.5"
"""The version that is written."""

SUPPORTED_SCHEMA_VERSIONS: Final = ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6")
"""The versions that can be read; those after `SCHEMA_VERSION` are never written."""

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
# Hashed until 1.3. Assets had no field that was not.
_RUN_IDENTITY = frozenset({"run_id"})
_STEP_IDENTITY = frozenset({"step_id", "run_id"})
_UNHASHED_ASSET = frozenset({"asset_id", "url"})


# Projections are made at first use: making them takes longer than importing the records.
@cache
def _hashed_to_1_3() -> Projection:
    return Projection(Run, omit=_OPERATIONAL_RUN, parts=[Projection(Step, omit=_OPERATIONAL_STEP)])


@cache
def _hashed_since_1_4() -> Projection:
    steps = Projection(Step, omit=_OPERATIONAL_STEP | _STEP_IDENTITY, parts=[_hashed_asset()])
    return Projection(Run, omit=_OPERATIONAL_RUN | _RUN_IDENTITY, parts=[steps])


@cache
def _hashed_asset() -> Projection:
    return Projection(Asset, omit=_UNHASHED_ASSET)


def run_hash(run: Run, schema_version: str) -> str:
    """Digest what the schema version hashes of the run: lowercase hexadecimal SHA-256.

    Raises:
        ManifestError: For a value that canonical JSON cannot hold; the text names its place in the run.
    """
    if schema_version == "1.6":
        text = canonical_bytes(_run_at_1_6(run), ("run",))
    else:
        projection = _hashed_to_1_3() if schema_version <= "1.3" else _hashed_since_1_4()
        text = projection.to_bytes(run, ("run",))
    digest = sha256(b'{"run":')
    digest.update(text)
    digest.update(f',"schema_version":"{schema_version}"}}'.encode())
    return digest.hexdigest()


def _run_at_1_6(run: Run) -> dict[str, Any]:
    """Take the run apart by the rules of 1.6."""
    taken = run.model_dump(exclude=_OPERATIONAL_RUN | _RUN_IDENTITY)
    taken["steps"] = [
        {
            **step.model_dump(exclude=_OPERATIONAL_STEP | _STEP_IDENTITY),
            "assets": [_asset_at_1_6(asset) for asset in step.assets],
            "inputs": [_asset_at_1_6(asset) for asset in step.inputs],
        }
        for step in run.steps
    ]
    return taken


def _asset_at_1_6(asset: Asset) -> dict[str, Any]:
    """Take an asset apart by the rules of 1.6, where the URL stands in for a digest that is missing."""
    taken = asset.model_dump(exclude=_UNHASHED_ASSET)
    if not is_valid_sha256(asset.sha256):
        taken["asset_integrity"] = "url_only_unverified"
        taken["unverified_asset_url"] = strip_asset_url_credentials(asset.url)
    return taken


def asset_provenance_key(asset: Asset, *, schema_version: str = SCHEMA_VERSION) -> tuple[str, int, str]:
    """Order assets by what is hashed of them, so that the order does not depend on random identifiers.

    Returns:
        Digest ("" without one), size (-1 without one), and the hashed fields as canonical JSON.
    """
    if schema_version <= "1.3":
        text = canonical_bytes(asset)
    elif schema_version == "1.6":
        text = canonical_bytes(_asset_at_1_6(asset))
    else:
        text = _hashed_asset().to_bytes(asset)
    return asset.sha256 or "", -1 if asset.size_bytes is None else asset.size_bytes, text.decode()
