"""The published backend on a real server: where it is, content, URLs, retention, encryption, rules."""

import base64
import hashlib
import io
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import timedelta
from types import SimpleNamespace

import botocore.exceptions
import pytest
from botocore.awsrequest import AWSResponse

from genblaze import InvalidValueError, StorageError, URLPolicyError
from genblaze.models.enums import StorageErrorCode
from genblaze.storing import classify_botocore_error
from genblaze_s3 import AsyncS3StorageBackend, Encryption, PresignedURL, S3StorageBackend, URLPolicy
from genblaze_s3.client import Client
from genblaze_s3.settings import Settings

HOUR = timedelta(hours=1)


def fetched(url, **options):
    request = urllib.request.Request(url, **options)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()


def status_of(url, **options):
    with pytest.raises(urllib.error.HTTPError) as caught:
        fetched(url, **options)
    caught.value.close()
    return caught.value.code


def opens(url):
    try:
        fetched(url)
    except urllib.error.HTTPError as error:
        error.close()
        return False
    return True


# What is sent


@pytest.mark.parametrize(("scheme", "signed"), [("https", False), ("http", True)])
def test_content_is_hashed_for_the_signature_only_where_no_tls_guards_it(scheme, signed):
    client = Client(Settings("b", f"{scheme}://127.0.0.1:1", access_key="k", secret_key="s"))
    sent = []

    def answer(request, **_):
        sent.append(request.headers["X-Amz-Content-SHA256"])
        return AWSResponse(request.url, 200, {}, SimpleNamespace(stream=list))

    client.boto().meta.events.register("before-send", answer)
    client.boto().put_object(Bucket="b", Key="k", Body=b"content")
    assert sent == [hashlib.sha256(b"content").hexdigest().encode() if signed else b"UNSIGNED-PAYLOAD"]
    client.close()


@pytest.mark.parametrize("megabytes", [1, 17])
def test_a_checksum_that_the_caller_names_must_be_that_of_the_content(backend, megabytes):
    content = bytes(megabytes << 20)
    right, wrong = (base64.b64encode(hashlib.sha256(each).digest()).decode() for each in (content, b"other"))
    backend.put("right", content, extra_args={"ChecksumSHA256": right})
    assert backend.head("right").size == len(content)
    with pytest.raises(StorageError, match=r"SHA-256|BadDigest"):
        backend.put("wrong", content, extra_args={"ChecksumSHA256": wrong})
    assert not backend.exists("wrong")


# Where settings come from


@pytest.fixture
def environ(monkeypatch):
    """No variables of stores but those that the test sets."""
    for name in ("B2_BUCKET", "B2_REGION", "B2_KEY_ID", "B2_APP_KEY", "B2_APPLICATION_KEY_ID", "B2_APPLICATION_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return monkeypatch


@pytest.mark.parametrize("names", [("B2_KEY_ID", "B2_APP_KEY"), ("B2_APPLICATION_KEY_ID", "B2_APPLICATION_KEY")])
def test_backblaze_is_set_up_by_variables(environ, names):
    for name, value in zip(names, ("the-id", "the-secret"), strict=True):
        environ.setenv(name, value)
    environ.setenv("B2_REGION", "eu-central-003")
    backend = S3StorageBackend.for_backblaze("my-bucket")
    assert backend.get_durable_url("a b.png") == "https://s3.eu-central-003.backblazeb2.com/my-bucket/a%20b.png"
    signed = backend.presigned_get_url("a.png")
    assert "the-id" in signed
    assert "the-secret" not in signed + repr(backend)


def test_what_backblaze_misses_is_named(environ):
    with pytest.raises(InvalidValueError, match=r"B2_BUCKET.*B2_KEY_ID.*B2_APP_KEY"):
        S3StorageBackend.for_backblaze()
    with pytest.raises(ValueError, match="auto_lifecycle"):
        S3StorageBackend.for_backblaze("b", key_id="k", app_key="s", auto_lifecycle=True, preflight=False)


def test_a_key_is_given_under_one_name_and_with_its_secret(environ):
    with pytest.raises(TypeError, match="access_key_id"):
        S3StorageBackend("b", access_key_id="a", aws_access_key_id="a")
    with pytest.raises(InvalidValueError, match="together"):
        S3StorageBackend("b", access_key_id="a")
    with pytest.raises(InvalidValueError, match="no URL"):
        S3StorageBackend("b", endpoint_url="s3.example.com")


def test_amazon_is_asked_in_the_region_of_the_environment(environ):
    environ.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert S3StorageBackend("b").get_durable_url("k") == "https://s3.eu-west-1.amazonaws.com/b/k"


def test_importing_and_making_a_backend_loads_no_boto3():
    program = (
        "import sys, genblaze_s3._plugin; assert 'genblaze.storing' not in sys.modules;"
        "from genblaze_s3 import S3StorageBackend; S3StorageBackend('b').get_durable_url('k');"
        "print('boto3' in sys.modules, 'botocore' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


# URLs


def test_urls_of_the_bucket_lead_to_keys_in_every_form(environ):
    backend = S3StorageBackend("b", endpoint_url="https://s3.example.com", public_url_base="https://cdn.example/x/")
    assert backend.get_durable_url("a/ü.png") == "https://cdn.example/x/a/%C3%BC.png"
    for base in ("https://cdn.example/x", "https://s3.example.com/b", "https://b.s3.example.com", "s3://b"):
        assert backend.key_from_url(f"{base}/a/%C3%BC.png") == "a/ü.png"
    for url in ("https://evil.s3.example.com/b/a.png", "https://s3.example.com/other/a.png", "s3://b", "s3://b/../a"):
        assert backend.key_from_url(url) is None


#: What botocore raises only for other services, for programs that wait or page, and for its own stubs.
NOT_OURS = (
    "Stub|Waiter|Paginat|NotPageable|EventStream|ImminentRemoval|Capacity|ApiVersion|DataNotFound|AwsChunked|"
    "MD5Unavailable|UndefinedModel|BotoCoreError|ClientError"
)


def test_every_exception_of_botocore_means_something():
    raised = [
        each for each in vars(botocore.exceptions).values() if isinstance(each, type) and issubclass(each, Exception)
    ]
    ours = [each for each in raised if not re.search(NOT_OURS, each.__name__)]
    unmapped = {
        each.__name__
        for each in ours
        if classify_botocore_error(each.__new__(each), operation="put").error_code is StorageErrorCode.UNKNOWN
    }
    assert unmapped == set()
    assert len(ours) > 80


def test_the_friendly_urls_of_backblaze_lead_to_keys(environ):
    backend = S3StorageBackend.for_backblaze("b", key_id="k", app_key="s")
    assert backend.key_from_url("https://f004.backblazeb2.com/file/b/a/%C3%BC.png") == "a/ü.png"
    for url in ("https://f004.backblazeb2.com/file/other/a.png", "https://evil.f004.backblazeb2.com/file/b/a.png"):
        assert backend.key_from_url(url) is None
    elsewhere = S3StorageBackend("b", endpoint_url="https://s3.example.com")
    assert elsewhere.key_from_url("https://f004.backblazeb2.com/file/b/a.png") is None


def test_the_policy_chooses_the_url(environ):
    keys = {"access_key_id": "a", "secret_access_key": "s", "endpoint_url": "https://s3.example.com"}
    public = S3StorageBackend("b", public_url_base="https://cdn.example", **keys)
    private = S3StorageBackend("b", **keys)
    assert public.get_url("k") == "https://cdn.example/k"
    assert "X-Amz-Expires=60" in public.get_url("k", policy=URLPolicy.PRESIGNED, expires_in=60)
    assert "X-Amz-Expires=3600" in private.get_url("k")
    for backend, options in ((private, {}), (public, {"expires_in": 60})):
        with pytest.raises(URLPolicyError):
            backend.get_url("k", policy=URLPolicy.PUBLIC, **options)
    with pytest.raises(StorageError, match="604800"):
        private.get_url("k", expires_in=604_801)


def test_a_signed_url_does_not_show_what_gives_access(environ):
    signed = S3StorageBackend("b", access_key_id="the-id", secret_access_key="s").presigned_put("k", content_type="a/b")
    assert isinstance(signed, PresignedURL)
    assert (signed.method, signed.key, signed.bucket, signed.expires_in) == ("PUT", "k", "b", 3600)
    assert "the-id" in signed.url
    for text in (repr(signed), str(signed), f"{signed}"):
        assert "the-id" not in text
        assert "X-Amz-Signature=[REDACTED]" in text


@pytest.mark.slow
def test_signed_urls_work_without_credentials_until_they_expire(backend):
    backend.put("a.txt", b"content")
    assert fetched(backend.presigned_get_url("a.txt")) == b"content"
    put = backend.presigned_put_url("b.txt", content_type="text/plain")
    fetched(put, data=b"written", method="PUT", headers={"Content-Type": "text/plain"})
    assert backend.get("b.txt") == b"written"
    brief = backend.presigned_get_url("a.txt", expires_in=1)
    ends = time.monotonic() + 60
    while opens(brief) and time.monotonic() < ends:
        time.sleep(0.2)
    assert status_of(brief) == 403
    assert status_of(backend.presigned_get_url("a.txt").replace("Signature=", "Signature=0")) == 403


# Content


@pytest.mark.slow
def test_published_programs_put_and_get(backend, s3, bucket):
    told = []
    key = backend.put(
        "folder/a.png",
        io.BytesIO(b"0123456789"),
        content_type="image/png",
        metadata={"run": "r"},
        extra_args={"CacheControl": "no-store"},
        progress=lambda each: told.append((each.operation, each.key, each.bytes_transferred, each.total_bytes)),
    )
    assert key == "folder/a.png"
    assert told == [("put", "folder/a.png", 10, 10)]
    found = s3.head_object(Bucket=bucket, Key="folder/a.png")
    assert (found["ContentType"], found["CacheControl"], found["Metadata"]["run"]) == ("image/png", "no-store", "r")
    assert backend.get("folder/a.png") == b"0123456789"
    assert backend.get_range("folder/a.png", offset=3, length=4) == b"3456"
    assert list(backend.stream("folder/a.png", chunk_size=4)) == [b"0123", b"4567", b"89"]
    assert backend.exists("folder/a.png")
    assert not backend.exists("folder/b.png")


@pytest.mark.slow
def test_further_arguments_win_over_content_type_and_metadata(backend, s3, bucket):
    further = {"ContentType": "a/b", "Metadata": {"theirs": "2"}}
    backend.put("k", b"x", content_type="text/plain", metadata={"ours": "1"}, extra_args=further)
    found = s3.head_object(Bucket=bucket, Key="k")
    assert (found["ContentType"], found["Metadata"].get("theirs"), "ours" in found["Metadata"]) == ("a/b", "2", False)


@pytest.mark.slow
def test_reading_tells_how_far_it_is_and_how_far_it_goes(backend):
    told = []
    backend.put("k", b"0123456789")
    backend.get("k", progress=told.append)
    list(backend.stream("k", chunk_size=6, progress=told.append))
    assert [(each.operation, each.bytes_transferred, each.total_bytes) for each in told] == [
        ("get", 10, 10),
        ("stream", 6, 10),
        ("stream", 10, 10),
    ]


@pytest.mark.parametrize("content", [None, "text", 3])
def test_what_is_no_content_is_refused_by_name(content):
    with pytest.raises(StorageError, match=f"{type(content).__name__} is no content"):
        S3StorageBackend("b", access_key_id="k", secret_access_key="s").put("k", content)


@pytest.mark.slow
def test_a_stream_that_cannot_be_rewound_is_put(backend):
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    backend.put("a", Pipe(b"content"))
    assert backend.get("a") == b"content"


def test_what_is_said_twice_is_refused(environ):
    backend = S3StorageBackend("b", access_key_id="a", secret_access_key="s", endpoint_url="http://127.0.0.1:1")
    with pytest.raises(InvalidValueError, match="ServerSideEncryption"):
        backend.put("k", b"", encryption=Encryption.sse_s3(), extra_args={"ServerSideEncryption": "AES256"})


@pytest.mark.slow
def test_the_server_tells_the_digest_that_it_checked(backend):
    backend.put("a", b"content")
    assert backend.head("a").sha256 == "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"


@pytest.mark.slow
def test_many_objects_are_deleted_under_a_prefix(backend):
    for number in range(5):
        backend.put(f"p/{number}", b"x")
    backend.put("q", b"x")
    assert backend.delete_prefix("p/").deleted == tuple(f"p/{number}" for number in range(5))
    assert backend.exists("p/0")
    assert backend.delete_prefix("p/", dry_run=False).all_succeeded
    assert [entry.key for entry in backend.list().entries] == ["q"]
    for versions in (False, True):
        with pytest.raises(InvalidValueError):
            backend.delete_prefix("", dry_run=False, versions=versions)


@pytest.mark.slow
def test_wrong_keys_and_missing_buckets_are_named(make_backend, server):
    with pytest.raises(StorageError) as caught:
        make_backend(secret_access_key="wrong").put("k", b"x")
    assert caught.value.error_code is StorageErrorCode.AUTH_FAILURE
    with pytest.raises(StorageError):
        make_backend(secret_access_key="wrong").exists("k")
    elsewhere = S3StorageBackend(
        "no-such-bucket", endpoint_url=server.url, access_key_id="testkey", secret_access_key="testsecret"
    )
    with pytest.raises(StorageError, match="NoSuchBucket"):
        elsewhere.put("k", b"x")
    elsewhere.close()


@pytest.mark.slow
async def test_programs_in_an_event_loop_await_it(backend):
    async with AsyncS3StorageBackend.from_sync(backend) as awaited:
        await awaited.aput("k", b"0123456789")
        assert await awaited.aget("k") == b"0123456789"
        assert [piece async for piece in awaited.astream("k", chunk_size=6)] == [b"012345", b"6789"]
        assert [entry.key for entry in (await awaited.alist()).entries] == ["k"]
        assert awaited.sync.get_durable_url("k") == await awaited.aget_durable_url("k")
