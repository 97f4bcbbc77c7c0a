"""Backends written for the published base class, used as stores."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest

from genblaze.errors import InvalidValueError, StorageError
from genblaze.models.enums import StorageErrorCode
from genblaze.storing import (
    Encryption,
    FileEntry,
    ListPage,
    LocalFolderStore,
    ObjectLockConfig,
    ObjectMetadata,
    PutOptions,
    ReadOptions,
    StorageBackend,
    as_store,
)
from genblaze.testing import StoreContract

BASE = "https://objects.example/bucket/"


class DictBackend(StorageBackend):
    """What a third party wrote: the six abstract methods, in memory, failing as dicts do."""

    def __init__(self):
        self.objects = {}
        self.extra = {}
        self.closed = False

    def put(self, key, data, *, content_type=None, metadata=None, extra_args=None):
        self.objects[key] = data if isinstance(data, bytes) else data.read()
        self.extra[key] = extra_args
        return key

    def get(self, key):
        return self.objects[key]

    def exists(self, key):
        return key in self.objects

    def delete(self, key):
        self.objects.pop(key, None)

    def get_url(self, key, *, expires_in=3600):
        return f"{self.get_durable_url(key)}?expires={expires_in}"

    def get_durable_url(self, key):
        from urllib.parse import quote

        return BASE + quote(key)

    def close(self):
        self.closed = True


class ListingBackend(DictBackend):
    """A backend that overrides what it can do better."""

    def key_from_url(self, url):
        from urllib.parse import unquote

        return unquote(url.removeprefix(BASE)) if url.startswith(BASE) else None

    def head(self, key):
        if key not in self.objects:
            return None
        content = self.objects[key]
        return ObjectMetadata(key, len(content), datetime.now(UTC), hashlib.md5(content).hexdigest())

    def list(self, prefix="", *, max_keys=1000, continuation_token=None):
        keys = sorted(key for key in list(self.objects) if key.startswith(prefix) and key > (continuation_token or ""))
        page = keys[:max_keys]
        entries = tuple(FileEntry(key, len(self.objects[key]), datetime.now(UTC), "tag") for key in page)
        return ListPage(entries, page[-1] if len(keys) > max_keys else None)


class TestBackendStore(StoreContract):
    @pytest.fixture
    def store(self):
        return as_store(ListingBackend())


def test_six_methods_make_a_backend():
    store = as_store(DictBackend())
    store.put("k", b"0123456789")
    found = store.head("k")
    assert (found.size, found.sha256) == (10, hashlib.sha256(b"0123456789").hexdigest())
    assert store.get("k", ReadOptions(offset=2, length=3)) == b"234"
    store.copy("k", "copy")
    assert store.get("copy") == b"0123456789"
    assert store.presign("k", expires_in=5) == f"{BASE}k?expires=5"
    with pytest.raises(StorageError, match="DictBackend does not offer this"):
        store.list()


def test_what_a_backend_raises_becomes_an_error_of_ours_that_names_it():
    class Broken(DictBackend):
        def get(self, key):
            raise OSError("the cable is out")

    with pytest.raises(StorageError, match="Broken failed: the cable is out") as caught:
        as_store(Broken()).get("k")
    assert caught.value.error_code == StorageErrorCode.UNKNOWN


def test_a_backend_with_a_store_of_its_own_is_used_through_that(tmp_path):
    folder = LocalFolderStore(tmp_path)

    class Fronted(DictBackend):
        def as_store(self):
            return folder

    assert as_store(Fronted()) is folder
    assert as_store(folder) is folder


def test_what_is_no_store_is_refused():
    with pytest.raises(InvalidValueError, match="str is no store"):
        as_store("s3://bucket")


def test_options_reach_a_backend_under_the_published_names():
    backend = DictBackend()
    until = datetime(2099, 1, 1, tzinfo=UTC)
    options = PutOptions(cache_control="private", lock=ObjectLockConfig(until), encryption=Encryption.sse_kms("key-1"))
    as_store(backend).put("k", b"x", options)
    assert backend.extra["k"] == {
        "CacheControl": "private",
        "ObjectLockMode": "GOVERNANCE",
        "ObjectLockRetainUntilDate": until,
        "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": "key-1",
    }


def test_deleting_a_prefix_is_a_rehearsal_until_it_is_meant():
    backend = ListingBackend()
    for number in range(2500):
        backend.put(f"runs/{number:04}", b"x")
    backend.put("other", b"x")
    assert backend.delete_prefix("runs/").total == 2500
    assert len(backend.objects) == 2501
    result = backend.delete_prefix("runs/", dry_run=False)
    assert result.all_succeeded
    assert list(backend.objects) == ["other"]
    with pytest.raises(ValueError, match="empty prefix"):
        backend.delete_prefix("")


def test_one_object_that_cannot_be_deleted_does_not_keep_the_others():
    class Locking(ListingBackend):
        def delete(self, key):
            if key == "b":
                raise StorageError("it is locked", error_code=StorageErrorCode.OBJECT_LOCKED)
            super().delete(key)

    backend = Locking()
    for key in "abc":
        backend.put(key, b"x")
    result = backend.delete_many(["a", "b", "c"])
    assert result.deleted == ("a", "c")
    assert [(error.key, error.code) for error in result.errors] == [("b", "object_locked")]


async def test_the_published_twins_do_the_same_in_a_thread():
    backend = ListingBackend()
    assert await backend.aput("a", b"0123") == "a"
    assert await backend.aget("a") == b"0123"
    assert await backend.aget_range("a", offset=1, length=2) == b"12"
    assert await backend.aexists("a")
    assert (await backend.ahead("a")).size == 4
    assert await backend.aget_url("a", expires_in=7) == f"{BASE}a?expires=7"
    assert await backend.aget_durable_url("a") == f"{BASE}a"
    await backend.acopy("a", "b")
    assert (await backend.adelete_many(["b"])).deleted == ("b",)
    assert (await backend.adelete_prefix("a", dry_run=False)).deleted == ("a",)
    await backend.adelete("a")
    assert backend.objects == {}


def test_closing_the_store_closes_the_backend():
    backend = DictBackend()
    as_store(backend).close()
    assert backend.closed


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "give retain_until"),
        ({"retain_until": datetime(2099, 1, 1)}, "needs a time zone"),
        ({"retain_until": datetime(2099, 1, 1, tzinfo=UTC), "mode": "FOREVER"}, "GOVERNANCE or COMPLIANCE"),
        ({"retain_for": timedelta(0)}, "a time to come"),
        ({"retain_for": timedelta(1), "retain_until": datetime(2099, 1, 1, tzinfo=UTC)}, "give retain_until, or"),
    ],
)
def test_a_lock_that_cannot_be_kept_is_refused(arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        ObjectLockConfig(**arguments)


def test_a_retention_is_absolute_or_counted_from_the_upload():
    end = datetime(2099, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    assert ObjectLockConfig(end, "COMPLIANCE").until() == end
    until = ObjectLockConfig(retain_for=timedelta(days=10)).until()
    assert timedelta(days=9) < until - datetime.now(UTC) <= timedelta(days=10)
    assert ObjectLockConfig(legal_hold=True).to_extra_args() == {"ObjectLockLegalHoldStatus": "ON"}


def test_a_retention_that_is_past_is_warned_about():
    with pytest.warns(UserWarning, match="is past"):
        ObjectLockConfig(datetime(2001, 1, 1, tzinfo=UTC))


def test_the_key_of_an_encryption_is_never_shown():
    encryption = Encryption.sse_c(b"k" * 32)
    assert "kkk" not in repr(encryption)
    assert encryption.customer_key_md5_b64 not in repr(encryption)
    assert encryption.to_copy_extra_args()["CopySourceSSECustomerKey"] == base64.b64encode(b"k" * 32).decode()
    with pytest.raises(ValueError, match="32 bytes"):
        Encryption.sse_c(b"short")
