"""The rules by which a bucket clears up: ours are put beside the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from genblaze import StorageError

if TYPE_CHECKING:
    from genblaze_s3.client import Client

__all__ = ["ensure_rules"]

ABORT: Final = "genblaze-abort-incomplete-uploads"
EXPIRE: Final = "genblaze-expire-noncurrent-versions"


def ensure_rules(client: Client, abort_after_days: int, expire_after_days: int | None) -> None:
    """Put our rules into a bucket's lifecycle; the others stay as they are.

    Args:
        client: Of the bucket.
        abort_after_days: When the parts of an unfinished upload are removed.
        expire_after_days: When versions that have been replaced are removed; None leaves them.
    """
    bucket = client.settings.bucket
    theirs = [rule for rule in _rules(client) if rule.get("ID") not in {ABORT, EXPIRE}]
    rules = theirs + _own(abort_after_days, expire_after_days)
    client.call(
        "lifecycle",
        bucket,
        lambda s3: s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules}),
    )


def _rules(client: Client) -> list[dict[str, Any]]:
    bucket = client.settings.bucket
    try:
        answer = client.call("lifecycle", bucket, lambda s3: s3.get_bucket_lifecycle_configuration(Bucket=bucket))
    except StorageError as error:
        response = getattr(error.__cause__, "response", {})
        if response.get("Error", {}).get("Code") == "NoSuchLifecycleConfiguration":
            return []
        raise
    rules: list[dict[str, Any]] = answer.get("Rules", [])
    return rules


def _own(abort_after_days: int, expire_after_days: int | None) -> list[dict[str, Any]]:
    shared: dict[str, Any] = {"Status": "Enabled", "Filter": {"Prefix": ""}}
    abort = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": abort_after_days}}
    rules = [{"ID": ABORT, **shared, **abort}]
    if expire_after_days is not None:
        expire = {"NoncurrentVersionExpiration": {"NoncurrentDays": expire_after_days}}
        rules.append({"ID": EXPIRE, **shared, **expire})
    return rules
