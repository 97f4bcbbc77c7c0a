"""The guarded downloader, against a real server on this machine: what it brings, what it refuses, what it survives."""

import hashlib
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme

import genblaze_http.download
from genblaze import Modality, Pipeline
from genblaze.errors import ProviderError, URLPolicyError
from genblaze.hookspecs import FetchContext
from genblaze.models import Asset, ProviderErrorCode
from genblaze.providers import SyncProvider
from genblaze_http.addresses import checked, is_public, permitted
from genblaze_http.download import Downloader

BODY = bytes(range(256)) * 4000
CODES = ProviderErrorCode


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(genblaze_http.download, "FIRST_PAUSE_SEC", 0.0)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        answer = self.server.answers[self.path]
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        answer(self)
        self.close_connection = True

    def log_message(self, *args):
        pass


def sending(body=BODY, status=200, cut=None, **headers):
    """An answer; with `cut` the connection ends after so many bytes of the body that was announced."""

    def answer(handler):
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body if cut is None else body[:cut])

    return answer


def ranged(handler):
    """An answer to a request for the rest."""
    start = int(handler.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    assert handler.headers["If-Range"] == '"v1"'
    sending(BODY[start:], 206, Content_Range=f"bytes {start}-{len(BODY) - 1}/{len(BODY)}", ETag='"v1"')(handler)


@pytest.fixture
def server():
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.answers, made.asked = {}, []
    made.origin = f"http://127.0.0.1:{made.server_port}"
    thread = threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


async def fetched(server, path, target, **bounds):
    return await Downloader().fetch(server.origin + path, target, FetchContext(origin=server.origin, **bounds))


# --- what it brings --------------------------------------------------------------------------------------------------


async def test_a_file_is_written_hashed_and_measured(server, tmp_path):
    server.answers["/a.bin"] = sending(Content_Type="image/png")
    got = await fetched(server, "/a.bin", tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert (got.sha256, got.size) == (hashlib.sha256(BODY).hexdigest(), len(BODY))
    assert got.media_type == "image/png"


async def test_a_broken_download_goes_on_where_it_broke(server, tmp_path):
    server.answers["/a"] = [sending(cut=100_000, ETag='"v1"'), ranged]
    got = await fetched(server, "/a", tmp_path / "a")
    assert got.sha256 == hashlib.sha256(BODY).hexdigest()
    assert [("Range" in headers) or ("range" in headers) for _, headers in server.asked] == [False, True]


async def test_a_server_that_sends_all_again_is_taken_from_the_start(server, tmp_path):
    server.answers["/a"] = [sending(cut=100_000, ETag='"v1"'), sending(ETag='"v2"')]
    got = await fetched(server, "/a", tmp_path / "a")
    assert got.sha256 == hashlib.sha256(BODY).hexdigest()


async def test_a_body_that_is_always_cut_is_an_error_and_leaves_nothing(server, tmp_path):
    server.answers["/a"] = sending(cut=100_000)
    with pytest.raises(ProviderError, match="could not be read") as caught:
        await fetched(server, "/a", tmp_path / "a")
    assert caught.value.error_code is CODES.SERVER_ERROR
    assert list(tmp_path.iterdir()) == []


async def test_an_overloaded_server_is_asked_again(server, tmp_path):
    server.answers["/a"] = [sending(b"", 503), sending(b"", 429), sending()]
    assert (await fetched(server, "/a", tmp_path / "a")).size == len(BODY)


async def test_a_link_that_has_expired_is_told_as_such(server, tmp_path):
    server.answers["/a?X-Amz-Signature=SECRET"] = sending(b"", 403)
    with pytest.raises(ProviderError, match="links expire") as caught:
        await fetched(server, "/a?X-Amz-Signature=SECRET", tmp_path / "a")
    assert "SECRET" not in str(caught.value)
    assert len(server.asked) == 1


async def test_headers_go_to_the_first_origin_only(server, tmp_path):
    server.answers["/a"] = sending(b"", 302, Location="/b")
    server.answers["/b"] = sending()
    await fetched(server, "/a", tmp_path / "a", headers={"Authorization": "key"})
    assert [headers.get("authorization", headers.get("Authorization")) for _, headers in server.asked] == ["key"] * 2
    server.answers["/c"] = sending(b"", 302, Location="https://example.com/c")
    sent = []

    async def nowhere(host, port):
        sent.append(host)
        return ["127.0.0.1"] if host == "127.0.0.1" else []

    with pytest.raises(ProviderError):
        await Downloader(resolve=nowhere).fetch(
            f"{server.origin}/c", tmp_path / "c", FetchContext(origin=server.origin, headers={"Authorization": "key"})
        )
    assert "example.com" in sent


async def test_more_than_the_bound_is_refused_and_leaves_nothing(server, tmp_path):
    server.answers["/announced"] = sending()
    server.answers["/streamed"] = lambda handler: (
        handler.send_response(200),
        handler.send_header("Connection", "close"),
        handler.end_headers(),
        handler.wfile.write(BODY),
    )
    for path in ("/announced", "/streamed"):
        with pytest.raises(ProviderError, match="longer than the 1000 bytes"):
            await fetched(server, path, tmp_path / "a", max_bytes=1000)
    assert list(tmp_path.iterdir()) == []


async def test_a_server_that_never_ends_is_left_at_the_deadline(server, tmp_path):
    ended = threading.Event()
    server.answers["/a"] = lambda handler: (sending(cut=10)(handler), handler.wfile.flush(), ended.wait(30))
    try:
        with pytest.raises(ProviderError, match="within 0.5 s") as caught:
            await fetched(server, "/a", tmp_path / "a", timeout=0.5)
    finally:
        ended.set()
    assert caught.value.error_code is CODES.TIMEOUT
    assert list(tmp_path.iterdir()) == []


async def test_a_web_page_is_no_file(server, tmp_path):
    server.answers["/a.png"] = sending(b"\n<!DOCTYPE html><title>Sign in</title>")
    with pytest.raises(ProviderError, match="web page"):
        await fetched(server, "/a.png", tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


async def test_redirects_end(server, tmp_path):
    server.answers["/a"] = sending(b"", 302, Location="/a")
    with pytest.raises(URLPolicyError, match="more than 5 times"):
        await fetched(server, "/a", tmp_path / "a")


async def test_https_is_checked_against_the_name_and_not_the_address(server, tmp_path):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("files.example").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.answers["/a"] = sending()
    client = ssl.create_default_context()
    authority.configure_trust(client)

    async def here(host, port):
        return ["127.0.0.1"]

    good, bad = (f"https://{name}.example:{server.server_port}" for name in ("files", "others"))
    got = await Downloader(resolve=here, verify=client).fetch(f"{good}/a", tmp_path / "a", FetchContext(origin=good))
    assert got.size == len(BODY)
    with pytest.raises(ProviderError, match="could not be read"):
        await Downloader(resolve=here, verify=client).fetch(f"{bad}/a", tmp_path / "b", FetchContext(origin=bad))


# --- what it refuses -------------------------------------------------------------------------------------------------

PRIVATE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.1.2.3",
    "127.255.255.255",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::2",
    "::7f00:1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:7f00:1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "64:ff9b:1::808:808",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "2001:db8::1",
    "2001:10::1",
    "2002:7f00:1::",
    "2002:a00:1::",
    "2002:a9fe:a9fe::",
    "2002:c0a8:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fe80::1%25eth0",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "ff05::1",
    "ff0e::1",
    "4000::1",
    "8000::1",
    "not-an-address",
]

SPELT = [
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://0/",
    "https://0.0.0.0/",
    "https://127.000.000.001/",
    "https://localhost/",
    "https://localhost./",
    "https://LOCALHOST/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[0000::0001]/",
    "https://[::ffff:7f00:1]/",
    "https://127.0.0.1./",
    "https://3232235521/",
    "https://0xa9fea9fe/",
    "https://2852039166/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[fe80::1]/",
    "https://[fd00:ec2::254]/",
    "https://10.1/",
    "https://192.168.257/",
    "https://%31%32%37.0.0.1/",
    "https://127。0。0。1/",
    "https://127.0.0.1/",
    "https://①②⑦.0.0.1/",
]

MALFORMED = [
    "http://example.com/a",
    "HTTP://example.com/a",
    "ftp://example.com/a",
    "file:///etc/passwd",
    "gopher://example.com/",
    "data:text/plain,a",
    "javascript:alert(1)",
    "//example.com/a",
    "example.com/a",
    "",
    "https://",
    "https:///a",
    "https:example.com",
    "dict://127.0.0.1:11211/",
    "ldap://127.0.0.1/",
    "jar:https://example.com!/a",
    "unix:///run/a",
    "https://user@example.com/",
    "https://user:word@example.com/",
    "https://example.com@127.0.0.1/",
    "https://:@example.com/",
    "https://example.com:0/",
    "https://example.com:22/",
    "https://example.com:25/",
    "https://example.com:80/",
    "https://example.com:6379/",
    "https://example.com:8443/",
    "https://example.com:65536/",
    "https://example.com:-1/",
    "https://example.com:443443/",
    "https://example.com\r\nHost: a/",
    "https://example.com/a\r\nX: y",
    "https://exa mple.com/",
    "https://example.com/\x00",
    "https://example.com/\ta",
    "\nhttps://example.com/",
    "https://exam\x7fple.com/",
    "https://[::1",
    "https://::1/",
    "https://[fe80::1%25eth0]/",
    "https://[v1.a]/",
    "https+unix://a/",
    "wss://example.com/",
]


def test_there_are_enough_ways_in():
    assert len(PRIVATE) + len(SPELT) + len(MALFORMED) + len(REDIRECTS) >= 120


@pytest.mark.parametrize("address", PRIVATE)
async def test_no_address_of_this_network_is_public(address):
    assert not is_public(address)

    async def answer(host, port):
        return ["93.184.215.14", address]

    with pytest.raises(URLPolicyError):
        await permitted("example.com", 443, "https", trusted=False, ask=answer)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::", "::ffff:8.8.8.8"]
)
def test_addresses_of_the_open_internet_are_public(address):
    assert is_public(address)


class NoConnectionError(Exception):
    """A connection was about to be opened."""


@pytest.fixture
def no_connection(monkeypatch):
    async def dial(*args):
        raise NoConnectionError

    monkeypatch.setattr(genblaze_http.download, "first_reached", dial)


@pytest.mark.usefixtures("no_connection")
@pytest.mark.parametrize("url", SPELT)
async def test_no_spelling_of_an_inner_address_is_fetched(url, tmp_path):
    with pytest.raises((URLPolicyError, ProviderError)):
        await Downloader().fetch(url, tmp_path / "a", FetchContext())


@pytest.mark.usefixtures("no_connection")
@pytest.mark.parametrize("url", MALFORMED)
async def test_no_url_of_another_form_is_fetched(url, tmp_path):
    with pytest.raises(URLPolicyError):
        await Downloader().fetch(url, tmp_path / "a", FetchContext())


REDIRECTS = [
    (status, target)
    for status in (301, 302, 303, 307, 308)
    for target in (
        "https://127.0.0.1/",
        "https://169.254.169.254/",
        "http://example.com/",
        "file:///etc/passwd",
        "https://[::1]/",
    )
]


@pytest.mark.parametrize(("status", "target"), REDIRECTS)
async def test_no_redirect_leads_inside(server, tmp_path, status, target):
    server.answers["/a"] = sending(b"", status, Location=target)
    with pytest.raises(URLPolicyError):
        await fetched(server, "/a", tmp_path / "a")
    assert len(server.asked) == 1


async def test_the_address_that_was_checked_is_the_one_that_is_dialled(monkeypatch, tmp_path):
    """A name that answers differently the second time is never asked a second time."""
    answers = [["93.184.215.14"], ["127.0.0.1"]]
    dialled = []

    async def changing(host, port):
        return answers.pop(0)

    async def dial(client, method, url, found, headers):
        dialled.append(found)
        raise NoConnectionError

    monkeypatch.setattr(genblaze_http.download, "first_reached", dial)
    with pytest.raises(NoConnectionError):
        await Downloader(resolve=changing).fetch("https://example.com/", tmp_path / "a", FetchContext())
    assert (dialled, len(answers)) == ([["93.184.215.14"]], 1)


async def test_another_origin_than_the_providers_own_gets_no_leave(server, tmp_path):
    for origin in (None, "http://127.0.0.1:1", "https://127.0.0.1"):
        with pytest.raises(URLPolicyError):
            await Downloader().fetch(f"{server.origin}/a", tmp_path / "a", FetchContext(origin=origin))
    with pytest.raises(URLPolicyError):
        checked("http://127.0.0.1.example.com/", "http://127.0.0.1")
    assert server.asked == []


# --- in a run --------------------------------------------------------------------------------------------------------


class Linking(SyncProvider):
    name = "linking"

    def __init__(self, url):
        super().__init__()
        self.url = url

    def generate(self, step, config=None):
        step.assets = [Asset(url=self.url, media_type="image/png")]
        return step


def test_a_vendors_link_into_this_machine_fails_the_step_and_reads_nothing(server, tmp_path):
    server.answers["/a"] = sending()
    pipeline = Pipeline(output_dir=tmp_path).step(Linking(f"{server.origin}/a"), model="m", modality=Modality.IMAGE)
    result = pipeline.run(raise_on_failure=False)
    assert "only public https" in result.run.steps[0].error or "not https" in result.run.steps[0].error
    assert server.asked == []
