"""Whatever breaks on the way, the bucket has the whole content, or the caller hears what failed."""

import hashlib
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from genblaze import Asset, Manifest, ObjectStorageSink, PipelineResult, Run, SinkError, Step, StorageError
from genblaze.models.enums import StepStatus, StorageErrorCode
from genblaze.storing import StorageConfig
from genblaze_s3.settings import BACKBLAZE_REGIONS

pytestmark = pytest.mark.slow

MIB = 1 << 20
SMALL = hashlib.sha256(b"small").digest() * 4000
LARGE = hashlib.sha256(b"large").digest() * (11 * MIB // 32)

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "storage-faults.md"
SLOW_DOWN = {"code": 503, "error": "SlowDown", "headers": {"Retry-After": "0.1"}}

#: What the page calls a fault: what the proxy does, and how.
FAULTS = {
    "refuse": ("refuse", {}),
    "slow_down": ("status", SLOW_DOWN),
    "inside": ("status", {"code": 500, "error": "InternalError"}),
    "hang": ("hang", {}),
    "drop": ("drop", {"bytes": 50_000}),
    "lose": ("lose", {}),
    "garble": ("garble", {}),
    "forbid": ("status", {"code": 403, "error": "AccessDenied"}),
    "truncate": ("truncate", {"bytes": 70_000}),
    "stall": ("stall", {"bytes": 70_000}),
    "corrupt": ("corrupt", {}),
}
ALWAYS = 999


def cells(heading, *columns):
    """The cells of one of the page's tables: fault, column, and the words that a failure says, or None."""
    found = []
    table = PAGE.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    for line in table.splitlines():
        if line.startswith("| `"):
            first, *rest = [cell.strip() for cell in line.strip("|").split("|")]
            fault = first.split("`")[1]
            for column, cell in zip(columns, rest, strict=True):
                words = cell.split("`")[1] if cell.startswith("failed") else None
                found.append(pytest.param(fault, column, words, id=f"{fault}, {column}"))
    return found


def test_the_page_has_a_row_for_every_fault():
    rows = [each.values[0] for heading, columns in TABLES.items() for each in cells(heading, *columns)]
    assert set(rows) == set(FAULTS)


TABLES = {"Storing": ("in one request", "in parts", "lasting"), "Reading": ("once", "lasting")}


@pytest.fixture
def impatient(make_backend, proxy):
    """Makes a backend that gives up after so many further attempts."""

    def make(retries):
        config = StorageConfig(
            read_timeout_sec=3,
            retries=retries,
            multipart_threshold=6 * MIB,
            multipart_chunk_size=5 * MIB,
            signing_addressing_style="path",
        )
        return make_backend(endpoint_url=proxy.url, config=config)

    return make


@pytest.mark.parametrize(("fault", "column", "words"), cells("Storing", *TABLES["Storing"]))
def test_what_is_stored_is_whole_or_can_be_stored_later(impatient, proxy, backend, tmp_path, fault, column, words):
    content = LARGE if column == "in parts" else SMALL
    path = tmp_path / "a.bin"
    path.write_bytes(content)
    asset = Asset(url=path.as_uri(), media_type="application/octet-stream")
    asset.set_hash(content)
    run = Run(steps=[Step(provider="p", model="m", status=StepStatus.SUCCEEDED, assets=[asset])])
    result = PipelineResult(run, Manifest.from_run(run))
    through = impatient(0 if column == "lasting" else 1)
    sink = ObjectStorageSink(through)
    action, options = FAULTS[fault]
    proxy.add(action, "PUT", "/assets/", times=ALWAYS if column == "lasting" else 1, **options)
    if words is None:
        sink.deliver(result)
    else:
        with pytest.raises(SinkError):
            sink.deliver(result)
        assert [(each.status, words in each.error) for each in result.deliveries.transfers] == [("failed", True)]
        assert not backend.list("genblaze/manifests/").entries
        proxy.heal()
        sink.retry(result)
    assert any(each == action for _, _, each in proxy.log)
    assert [each.status for each in result.deliveries.transfers] == ["stored"]
    assert backend.get(through.key_from_url(result.run.steps[0].assets[0].url)) == content
    assert sink.read_manifest(run).verify()


@pytest.mark.parametrize(("fault", "column", "words"), cells("Reading", *TABLES["Reading"]))
def test_what_is_read_is_what_was_stored_or_an_error(impatient, proxy, backend, fault, column, words):
    backend.put("a.bin", SMALL)
    through = impatient(1)
    action, options = FAULTS[fault]
    proxy.add(action, "GET", times=ALWAYS if column == "lasting" else 1, **options)
    if words is not None:
        with pytest.raises(StorageError, match=re.escape(words)):
            through.get("a.bin")
        proxy.heal()
    assert through.get("a.bin") == SMALL
    assert any(each == action for _, _, each in proxy.log)


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


def test_that_one_may_not_look_does_not_mean_that_nothing_is_there(through_proxy, proxy):
    proxy.add("status", "HEAD", code=403, error="AccessDenied")
    with pytest.raises(StorageError) as caught:
        through_proxy.exists("a.bin")
    assert caught.value.error_code is StorageErrorCode.ACCESS_DENIED


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
    keys = [f"{number}.bin" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: backend.put(key, SMALL), keys))
    assert [backend.get(key) for key in keys] == [SMALL] * 8
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
