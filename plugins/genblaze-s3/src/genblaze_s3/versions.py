"""What a bucket keeps of objects that were replaced or deleted, and how that is removed for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from genblaze import StorageError
from genblaze.models.enums import StorageErrorCode
from genblaze.storing import DeleteError, DeleteResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from genblaze_s3.client import Client

__all__ = ["AT_ONCE", "ObjectVersion", "remove_versions", "versions_below"]

AT_ONCE: Final = 1000
"""Objects in one request to delete: the bound of S3."""


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """One of the versions that a bucket keeps under a key.

    Attributes:
        key: The object.
        version_id: Which version; "null" where the bucket kept none when it was written.
        size: Length in bytes; None for a mark that hides the object.
        last_modified: When it was written, with a time zone.
        is_latest: Whether readers who name no version get this one.
    """

    key: str
    version_id: str
    size: int | None
    last_modified: datetime
    is_latest: bool


def versions_below(client: Client, prefix: str) -> Iterator[ObjectVersion]:
    """All versions of the objects whose keys begin with a prefix, and the marks of those that were deleted."""
    arguments = {"Bucket": client.settings.bucket, "Prefix": prefix}
    while True:
        page = client.call("list", prefix, lambda s3: s3.list_object_versions(**arguments))
        for found in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            yield ObjectVersion(
                found["Key"], found["VersionId"], found.get("Size"), found["LastModified"], found["IsLatest"]
            )
        if not page.get("IsTruncated"):
            return
        for name in ("KeyMarker", "VersionIdMarker"):
            arguments[name] = page.get(f"Next{name}", "")


def remove_versions(client: Client, prefix: str, *, dry_run: bool) -> DeleteResult:
    """Remove every version below a prefix; one that cannot be removed does not keep the others.

    Returns:
        The keys of which nothing is left, and an error for each version that is: under Object Lock it says until when.
    """
    found = list(versions_below(client, prefix))
    errors: tuple[DeleteError, ...] = ()
    for start in range(0, 0 if dry_run else len(found), AT_ONCE):
        errors += _remove(client, found[start : start + AT_ONCE])
    left = {error.key for error in errors}
    keys = dict.fromkeys(version.key for version in found)
    return DeleteResult(tuple(key for key in keys if key not in left), errors, dry_run)


def _remove(client: Client, versions: Sequence[ObjectVersion]) -> tuple[DeleteError, ...]:
    wanted = {"Objects": [{"Key": each.key, "VersionId": each.version_id} for each in versions], "Quiet": True}
    answer = client.call(
        "delete", versions[0].key, lambda s3: s3.delete_objects(Bucket=client.settings.bucket, Delete=wanted)
    )
    return tuple(_refused(client, each) for each in answer.get("Errors", ()))


def _refused(client: Client, error: dict[str, Any]) -> DeleteError:
    """Why a version is still there; servers say no more than that access is denied where Object Lock keeps it."""
    key, version = error["Key"], error.get("VersionId")
    arguments = {"Bucket": client.settings.bucket, "Key": key, "VersionId": version}
    try:
        found = client.call("head", key, lambda s3: s3.head_object(**arguments))
    except StorageError:
        found = {}
    reasons = []
    if found.get("ObjectLockRetainUntilDate"):
        reasons.append(f"until {found['ObjectLockRetainUntilDate']:%Y-%m-%d %H:%M %Z} ({found.get('ObjectLockMode')})")
    if found.get("ObjectLockLegalHoldStatus") == "ON":
        reasons.append("while its legal hold lasts")
    if not reasons:
        return DeleteError(key, error.get("Code", ""), error.get("Message", ""), version)
    return DeleteError(key, StorageErrorCode.OBJECT_LOCKED, f"Object Lock keeps it {' and '.join(reasons)}.", version)
