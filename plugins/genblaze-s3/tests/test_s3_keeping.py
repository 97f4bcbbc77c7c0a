"""What buckets keep, on a real server: retention, versions, encryption, rules by which they clear up."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from genblaze import KeyStrategy, Modality, ObjectStorageSink, Pipeline, SinkError, StorageError
from genblaze.models.enums import StorageErrorCode
from genblaze.storing import ObjectLockConfig, PutOptions, ReadOptions
from genblaze_s3 import Encryption, S3StorageBackend

pytestmark = [pytest.mark.slow, pytest.mark.needs_plugins]

HOUR = timedelta(hours=1)


@pytest.fixture
def locking(s3, server):
    """A backend of a bucket with Object Lock."""
    name = f"lock-{datetime.now(UTC):%H%M%S%f}"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    backend = S3StorageBackend(name, endpoint_url=server.url, access_key_id="testkey", secret_access_key="testsecret")
    yield backend, name
    backend.close()


@pytest.mark.parametrize(
    "lock",
    [
        ObjectLockConfig(retain_for=HOUR, mode="COMPLIANCE"),
        ObjectLockConfig(datetime.now(UTC) + HOUR, "GOVERNANCE"),
        ObjectLockConfig(legal_hold=True),
    ],
    ids=["for a time", "until a date", "legal hold"],
)
def test_a_locked_object_cannot_be_deleted(locking, s3, lock):
    backend, name = locking
    backend.as_store().put("k", b"kept", PutOptions(lock=lock))
    version = s3.head_object(Bucket=name, Key="k")["VersionId"]
    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=name, Key="k", VersionId=version)
    assert backend.get("k") == b"kept"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"bucket": "missing"}, "NoSuchBucket.* Create the bucket"),
        ({"access_key_id": "unknown"}, "InvalidAccessKeyId.* Check the access key"),
        ({"secret_access_key": "wrong"}, "SignatureDoesNotMatch.* Check the access key"),
        ({"endpoint_url": "http://127.0.0.1:9"}, "Check the endpoint"),
        ({"manifest_lock": ObjectLockConfig(retain_for=HOUR)}, "Enable Object Lock for the bucket"),
        ({"asset_lock": ObjectLockConfig(legal_hold=True)}, "Enable Object Lock for the bucket"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_keeps_a_bucket_from_being_written_to_is_told_before_a_step_runs(
    bucket, server, tmp_path, changes, problem
):
    access = {"endpoint_url": server.url, "access_key_id": "testkey", "secret_access_key": "testsecret"}
    locks = {name: lock for name, lock in changes.items() if name.endswith("lock")}
    given = {"bucket": bucket} | access | {name: value for name, value in changes.items() if name not in locks}
    backend = S3StorageBackend(**given)
    pipeline = Pipeline("refused", output_dir=tmp_path)
    pipeline.step("local-image", model="local-image-1", modality=Modality.IMAGE, prompt="a fox")
    with pytest.raises(SinkError, match=problem):
        pipeline.run(sink=ObjectStorageSink(backend, **locks))
    assert list(tmp_path.rglob("*.png")) == []
    backend.close()


@pytest.mark.parametrize("strategy", KeyStrategy)
def test_a_sink_locks_what_it_stores(locking, tmp_path, strategy):
    backend, _ = locking
    sink = ObjectStorageSink(
        backend,
        key_strategy=strategy,
        manifest_lock=ObjectLockConfig(retain_for=HOUR, mode="COMPLIANCE"),
        asset_lock=ObjectLockConfig(legal_hold=True),
    )
    pipeline = Pipeline("locked", output_dir=tmp_path)
    result = pipeline.step("local-image", model="local-image-1", modality=Modality.IMAGE, prompt="a fox").run(sink=sink)
    manifest = backend.key_from_url(result.manifest.manifest_uri)
    asset = backend.key_from_url(result.assets[0].url)
    done = backend.delete_prefix("genblaze/", dry_run=False, versions=True)
    assert (done.all_succeeded, done.deleted) == (False, ())
    refused = {each.key: (each.code, each.message) for each in done.errors}
    assert refused.keys() == {manifest, asset}
    assert {code for code, _ in refused.values()} == {StorageErrorCode.OBJECT_LOCKED}
    assert "COMPLIANCE" in refused[manifest][1]
    assert "legal hold" in refused[asset][1]
    assert sink.read_manifest(result.run).verify()
    assert hashlib.sha256(backend.get(asset)).hexdigest() == result.assets[0].sha256


def test_a_deleted_object_leaves_versions_until_they_are_removed(locking):
    backend, _ = locking
    for content in (b"first", b"the second"):
        backend.put("p/a", content)
    backend.put("q", b"x")
    backend.delete("p/a")
    assert not backend.exists("p/a")
    found = list(backend.list_versions("p/"))
    assert {(each.size, each.is_latest) for each in found} == {(5, False), (10, False), (None, True)}
    assert backend.delete_prefix("p/", versions=True).deleted == ("p/a",)
    assert len(list(backend.list_versions("p/"))) == 3
    done = backend.delete_prefix("p/", versions=True, dry_run=False)
    assert (done.deleted, done.errors) == (("p/a",), ())
    assert list(backend.list_versions("p/")) == []
    assert [each.key for each in backend.list_versions()] == ["q"]


def test_a_bucket_without_locks_refuses_to_promise_one(backend):
    with pytest.raises(StorageError) as caught:
        backend.put("k", b"x", object_lock=ObjectLockConfig(retain_for=HOUR))
    assert caught.value.error_code in {StorageErrorCode.OBJECT_LOCKED, StorageErrorCode.INVALID_INPUT}
    assert not backend.exists("k")


def test_an_object_under_a_key_of_yours_is_read_with_it_only(backend):
    key = Encryption.sse_c(b"k" * 32)
    backend.as_store().put("k", b"secret", PutOptions(encryption=key))
    assert backend.get("k", encryption=key) == b"secret"
    assert backend.as_store().get("k", ReadOptions(offset=2, encryption=key)) == b"cret"
    with pytest.raises(StorageError):
        backend.get("k")
    with pytest.raises(StorageError):
        backend.get("k", encryption=Encryption.sse_c(b"x" * 32))


def test_lifecycle_rules_of_the_user_stay(backend, s3, bucket):
    mine = {"ID": "mine", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 3}}
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [mine]})
    for days in (30, 60):
        backend.ensure_lifecycle_defaults(noncurrent_version_expire_days=days)
    rules = {rule["ID"]: rule for rule in s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]}
    assert len(rules) == 3
    assert rules["mine"]["Expiration"]["Days"] == 3
    assert rules["genblaze-expire-noncurrent-versions"]["NoncurrentVersionExpiration"]["NoncurrentDays"] == 60
