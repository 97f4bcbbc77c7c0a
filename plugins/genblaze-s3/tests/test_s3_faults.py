"""Whatever breaks on the way, the bucket has the whole content, or the caller hears what failed."""

import hashlib
import socket

import pytest

from genblaze import StorageError
from genblaze.models.enums import StorageErrorCode
from genblaze.storing import PutOptions, StorageConfig
from genblaze_s3.settings import BACKBLAZE_REGIONS

pytestmark = pytest.mark.slow

MIB = 1 << 20
SMALL = hashlib.sha256(b"small").digest() * 4000
LARGE = hashlib.sha256(b"large").digest() * (11 * MIB // 32)

UPLOADS = [
    ("refused", ("refuse", "PUT"), {}),
    ("slowed down", ("status", "PUT"), {"code": 503, "error": "SlowDown", "headers": {"Retry-After": "1"}}),
    ("failed inside", ("status", "PUT"), {"code": 500, "error": "InternalError", "times": 2}),
    ("dropped", ("drop", "PUT"), {"bytes": 50_000}),
    ("unanswered", ("hang", "PUT"), {}),
    ("done, but the answer lost", ("lose", "PUT"), {}),
]
DOWNLOADS = [
    ("refused", ("refuse", "GET"), {}),
    ("slowed down", ("status", "GET"), {"code": 503, "error": "SlowDown"}),
    ("truncated", ("truncate", "GET"), {"bytes": 70_000}),
    ("truncated twice", ("truncate", "GET"), {"bytes": 1000, "times": 2}),
    ("stalled", ("stall", "GET"), {"bytes": 70_000}),
    ("corrupted", ("corrupt", "GET"), {}),
]


def named(rows):
    return [pytest.param(fault, options, id=name) for name, fault, options in rows]


@pytest.mark.parametrize(("fault", "options"), named(UPLOADS))
@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["in one request", "in parts"])
def test_an_upload_outlives_the_fault(through_proxy, proxy, backend, content, fault, options):
    proxy.add(*fault, **options)
    store = through_proxy.as_store()
    store.put("a.bin", content, PutOptions(sha256=hashlib.sha256(content).hexdigest()))
    assert any(action == fault[0] for _, _, action in proxy.log)
    assert backend.get("a.bin") == content


@pytest.mark.parametrize(("fault", "options"), named(DOWNLOADS))
def test_a_download_outlives_the_fault(through_proxy, proxy, backend, fault, options):
    backend.put("a.bin", SMALL)
    proxy.add(*fault, **options)
    assert through_proxy.get("a.bin") == SMALL
    assert any(action == fault[0] for _, _, action in proxy.log)


@pytest.mark.parametrize("request_of", ["uploads=", "uploadId="], ids=["begin", "complete"])
def test_an_upload_in_parts_outlives_a_lost_answer(through_proxy, proxy, backend, request_of):
    proxy.add("lose", "POST", request_of)
    through_proxy.put("a.bin", LARGE)
    assert backend.get("a.bin") == LARGE


def test_a_stream_goes_on_where_it_broke(through_proxy, proxy, backend):
    backend.put("a.bin", LARGE)
    proxy.add("truncate", "GET", bytes=3 * MIB)
    assert b"".join(through_proxy.stream("a.bin", chunk_size=MIB)) == LARGE
    assert len([method for method, _, _ in proxy.log if method == "GET"]) == 2


def test_damage_in_a_stream_is_told_at_its_end(through_proxy, proxy, backend):
    backend.put("a.bin", SMALL)
    proxy.add("corrupt", "GET")
    with pytest.raises(StorageError, match="SHA-256"):
        list(through_proxy.stream("a.bin"))


def test_a_wait_that_the_server_asks_for_is_kept_within_the_deadline(make_backend, proxy):
    impatient = make_backend(endpoint_url=proxy.url, deadline=5)
    proxy.add("status", "PUT", code=503, headers={"Retry-After": "3600"}, times=9)
    with pytest.raises(StorageError) as caught:
        impatient.put("a.bin", b"x")
    assert caught.value.error_code is StorageErrorCode.RATE_LIMIT
    assert caught.value.retry_after == 3600
    assert len(proxy.log) == 1


def test_what_fails_for_good_is_told_and_works_later(through_proxy, proxy, backend):
    proxy.add("status", "PUT", code=503, headers={"Retry-After": "0"}, times=4)
    with pytest.raises(StorageError) as caught:
        through_proxy.put("a.bin", SMALL)
    assert caught.value.is_retriable
    assert not backend.exists("a.bin")
    through_proxy.put("a.bin", SMALL)
    assert backend.get("a.bin") == SMALL


def test_parts_of_an_upload_that_fails_are_removed(through_proxy, proxy, s3, bucket):
    proxy.add("status", "PUT", code=403, error="AccessDenied")
    with pytest.raises(StorageError, match="AccessDenied"):
        through_proxy.put("a.bin", LARGE)
    assert s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []


def test_a_refusal_is_not_repeated(through_proxy, proxy):
    proxy.add("status", "PUT", code=403, error="AccessDenied", times=9)
    with pytest.raises(StorageError) as caught:
        through_proxy.put("a.bin", b"x")
    assert caught.value.error_code is StorageErrorCode.ACCESS_DENIED
    assert len(proxy.log) == 1


def test_a_closed_port_is_a_network_error(make_backend):
    config = StorageConfig(retries=0, signing_addressing_style="path")
    with pytest.raises(StorageError) as caught:
        make_backend(endpoint_url="http://127.0.0.1:1", config=config).exists("a.bin")
    assert caught.value.error_code is StorageErrorCode.NETWORK
    assert caught.value.is_retriable


# A server like Backblaze B2


def like_backblaze(proxy):
    """No conditional writes, no checksum headers, and every bucket in another region at first."""
    moved = {"x-amz-bucket-region": "us-east-005"}
    proxy.add("status", "PUT|HEAD", code=301, error="PermanentRedirect", headers=moved)
    proxy.add("status", "PUT", header="if-none-match", code=501, error="NotImplemented", times=99)
    for header in ("x-amz-checksum", "x-amz-sdk-checksum"):
        proxy.add("status", header=header, code=400, error="InvalidArgument", times=99)


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["in one request", "in parts"])
def test_a_server_like_backblaze_is_written_to(through_proxy, proxy, content):
    like_backblaze(proxy)
    store = through_proxy.as_store()
    assert store.put_if_absent("a.bin", content)
    assert not store.put_if_absent("a.bin", b"other")
    assert store.get("a.bin") == content
    assert store.conditional_put is False


def test_what_a_server_cannot_do_is_asked_once(through_proxy, proxy):
    like_backblaze(proxy)
    store = through_proxy.as_store()
    for number in range(4):
        store.put_if_absent(f"{number}.bin", SMALL)
        store.head(f"{number}.bin")
    assert [action for _, _, action in proxy.log].count("status") <= 4
    assert [action for _, _, action in proxy.log[-6:]] == [None] * 6


def test_a_403_that_names_another_region_is_followed_once(through_proxy, proxy):
    moved = {"x-amz-bucket-region": "eu-central-003"}
    proxy.add("status", "PUT", code=403, error="AccessDenied", headers=moved, times=2)
    with pytest.raises(StorageError):
        through_proxy.put("a.bin", b"x")
    assert len(proxy.log) == 2
    through_proxy.put("a.bin", b"x")
    assert through_proxy.get("a.bin") == b"x"


@pytest.fixture
def backblaze(make_backend, proxy, monkeypatch):
    """Backblaze's hosts, of which only that of the bucket's region lets the key in."""
    look_up = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: look_up("127.0.0.1", *rest, **more))
    port = proxy.url.rpartition(":")[2]

    def make(region, bucket_in):
        for other in BACKBLAZE_REGIONS:
            if other != bucket_in:
                refusal = {"code": 403, "error": "InvalidAccessKeyId", "times": 999}
                proxy.add("status", header=f"host: s3.{other}.backblazeb2.com", **refusal)
        return make_backend(endpoint_url=f"http://s3.{region}.backblazeb2.com:{port}", region=region)

    return make


def test_a_bucket_in_another_region_of_backblaze_is_found(backblaze, proxy):
    backend = backblaze("us-west-004", "eu-central-003")
    backend.put("a.bin", SMALL)
    assert backend.get("a.bin") == SMALL
    assert backend.get_durable_url("a.bin").startswith("http://s3.eu-central-003.backblazeb2.com")
    assert len([method for method, path, _ in proxy.log if (method, path.count("/")) == ("HEAD", 1)]) == 6


def test_a_key_that_no_region_knows_is_told_once_it_was_looked_for(backblaze, proxy):
    backend = backblaze("us-west-004", "nowhere")
    for _ in range(2):
        with pytest.raises(StorageError, match="InvalidAccessKeyId") as caught:
            backend.put("a.bin", SMALL)
        assert caught.value.error_code is StorageErrorCode.AUTH_FAILURE
    assert len(proxy.log) == 2 + 6


def test_a_missing_object_is_no_reason_to_look_elsewhere(backblaze, proxy):
    backend = backblaze("us-west-004", "us-west-004")
    assert not backend.exists("missing")
    assert len(proxy.log) == 1


def test_objects_are_deleted_together_or_one_by_one(through_proxy, proxy, backend):
    keys = [f"p/{number}" for number in range(3)]
    for key in keys:
        backend.put(key, b"x")
    proxy.add("status", "POST", "delete", code=400, error="InvalidArgument")
    assert through_proxy.delete_prefix("p/", dry_run=False).deleted == tuple(keys)
    assert not backend.list("p/").entries
