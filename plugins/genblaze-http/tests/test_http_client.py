"""The client of vendors, against a real local server."""

import asyncio
import gzip
import json
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from genblaze import ProviderError, ProviderErrorCode
from genblaze_http import FilePart, Vendor, VendorClient, declare
from genblaze_http.failures import failure, read_answer
from genblaze_http.retry_after import nothing_left, retry_after

KEY = "canary-key-5f1d0c7e"
VENDOR = Vendor(
    name="Acme",
    base_url="https://api.acme.example/v1",
    base_url_variable="ACME_BASE_URL",
    key_variables=("ACME_API_KEY",),
    codes={
        "moderation_blocked": ProviderErrorCode.CONTENT_POLICY,
        "insufficient_quota": ProviderErrorCode.AUTH_FAILURE,
    },
)


@contextmanager
def serving(answer):
    """A server on loopback; `answer(handler, body)` answers, every request is kept."""
    calls = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args):
            pass

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            calls.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            answer(self, body)

        do_GET = do_POST

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", calls
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def reply(handler, status, body, **headers):
    data = json.dumps(body).encode()
    handler.send_response(status)
    for name, value in {"content-length": str(len(data)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(data)


def call(url, *args, timeout=30.0, **keywords):
    """One call in a loop of its own, which closes the client; an open socket would fail the test."""
    return asyncio.run(VendorClient(VENDOR, key=KEY, base_url=url, timeout=timeout).call(*args, **keywords))


def test_the_published_name_for_what_was_never_sent_is_caught_as_published_programs_catch_it():
    from genblaze_core.providers import PRE_RESPONSE_EXCEPTIONS

    with pytest.raises(PRE_RESPONSE_EXCEPTIONS):
        httpx.get("http://127.0.0.1:9/", trust_env=False)


def test_a_call_carries_the_key_and_gives_the_parsed_answer():
    with serving(lambda handler, body: reply(handler, 200, {"id": "1"}, x_request_id="r1")) as (url, calls):
        answer = call(url, "POST", "/things", json={"prompt": "a fox"})
    assert (answer.json, answer.request_id) == ({"id": "1"}, "r1")
    path, headers, body = calls[0]
    assert (path, headers["authorization"], json.loads(body)) == ("/v1/things", f"Bearer {KEY}", {"prompt": "a fox"})


def test_parts_without_a_file_are_still_multipart():
    with serving(lambda handler, body: reply(handler, 200, {})) as (url, calls):
        call(url, "POST", "/videos", parts=[("prompt", "a fox")])
        call(url, "POST", "/edits", parts=[("image[]", FilePart("a.png", b"1", "image/png"))])
    assert calls[0][1]["content-type"].startswith("multipart/form-data")
    assert b'name="prompt"\r\n\r\na fox' in calls[0][2]
    assert b'filename="a.png"\r\nContent-Type: image/png' in calls[1][2]


@pytest.mark.parametrize(
    ("status", "body", "code", "uncertain"),
    [
        (400, {"error": {"message": "no", "code": "moderation_blocked"}}, "content_policy", False),
        (429, {"error": {"message": "no", "code": "insufficient_quota"}}, "auth_failure", False),
        (429, {"error": {"message": "no", "code": "rate_limit_exceeded"}}, "rate_limit", False),
        (401, {"detail": "no"}, "auth_failure", False),
        (404, {"error": "no such model"}, "model_error", False),
        (422, {"detail": [{"loc": ["x"], "msg": "no"}]}, "invalid_input", False),
        (503, {"title": "busy"}, "server_error", False),
        (500, {}, "server_error", True),
        (502, {}, "server_error", True),
        (504, {}, "timeout", True),
    ],
)
def test_a_refusal_has_a_code_and_says_whether_it_may_have_been_taken(status, body, code, uncertain):
    with (
        serving(lambda handler, _: reply(handler, status, body)) as (url, calls),
        pytest.raises(ProviderError) as caught,
    ):
        call(url, "POST", "/things", json={})
    assert (caught.value.error_code, caught.value.uncertain, len(calls)) == (code, uncertain, 1)


def test_a_missing_job_is_not_a_missing_model():
    answer = read_answer("GET", 404, {}, b'{"error": {"message": "no such job"}}')
    assert failure(VENDOR, answer).error_code == ProviderErrorCode.INVALID_INPUT


def test_a_reset_after_the_body_may_have_been_taken_and_is_sent_once():
    def hang_up(handler, body):
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)

    with serving(hang_up) as (url, calls), pytest.raises(ProviderError) as caught:
        call(url, "POST", "/things", json={})
    assert (caught.value.error_code, caught.value.uncertain, len(calls)) == ("server_error", True, 1)


def test_a_timeout_after_the_body_may_have_been_taken_and_is_sent_once():
    release = threading.Event()
    with serving(lambda handler, body: release.wait(30)) as (url, calls):
        with pytest.raises(ProviderError) as caught:
            call(url, "POST", "/things", json={}, timeout=0.5)
        release.set()
    assert (caught.value.error_code, caught.value.uncertain, len(calls)) == ("timeout", True, 1)


def test_an_answer_that_swells_when_it_is_unpacked_is_given_up(monkeypatch):
    monkeypatch.setattr("genblaze_http.client.MAX_ANSWER", 2**20)
    packed = gzip.compress(b" " * 2**24)

    def answer(handler, body):
        handler.send_response(200)
        for name, value in (("content-encoding", "gzip"), ("content-length", str(len(packed)))):
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(packed)

    with serving(answer) as (url, calls), pytest.raises(ProviderError, match="more than 1 MiB") as failed:
        call(url, "POST", "/images")
    assert failed.value.uncertain
    assert len(calls) == 1


def test_a_connection_that_never_stood_took_nothing():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ProviderError) as caught:
        call(f"http://127.0.0.1:{port}/v1", "POST", "/things", json={})
    assert (caught.value.error_code, caught.value.uncertain) == ("server_error", False)


def test_the_key_is_in_no_error_and_no_repr():
    def echo(handler, body):
        reply(handler, 401, {"error": {"message": f"Incorrect API key provided: {KEY}"}})

    with serving(echo) as (url, _), pytest.raises(ProviderError) as caught:
        call(url, "POST", "/things", json={})
    assert KEY not in repr(caught.value)
    assert "ACME_API_KEY" in str(caught.value)
    assert KEY not in repr(VendorClient(VENDOR, key=KEY, base_url="https://api.acme.example"))


@pytest.mark.parametrize("damage", ["\n", "\r\nx: y", "\u2603", "\0"])
def test_a_key_that_no_header_can_hold_is_refused_and_not_shown(damage):
    key = f"{KEY[:10]}{damage}{KEY[10:]}"
    answering = serving(lambda handler, body: reply(handler, 200, {}))
    with answering as (url, calls), pytest.raises(ProviderError, match="copy it again") as failed:
        asyncio.run(VendorClient(VENDOR, key=key, base_url=url).call("POST", "/images"))
    assert (failed.value.uncertain, failed.value.__cause__, calls) == (False, None, [])
    assert KEY[10:] not in str(failed.value)


def test_a_key_out_of_a_file_may_end_with_its_line():
    with serving(lambda handler, body: reply(handler, 200, {})) as (url, calls):
        asyncio.run(VendorClient(VENDOR, key=f"{KEY}\n", base_url=url).call("POST", "/images"))
    assert calls[0][1]["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("url", ["http://[::1", "http://h:99999", "ftp://h", "h", "", "http://", "http://\u2603.test"])
def test_what_is_no_address_is_refused_before_anything_is_sent(url):
    with pytest.raises(ProviderError, match="base_url") as failed:
        asyncio.run(VendorClient(VENDOR, key=KEY, base_url=url).call("POST", "/images"))
    assert not failed.value.uncertain


def test_the_password_of_a_gateway_is_in_no_error_and_no_repr():
    url = f"http://me:{KEY}@127.0.0.1:9/v1"
    with pytest.raises(ProviderError) as caught:
        call(url, "POST", "/things", json={})
    assert KEY not in str(caught.value)
    assert KEY not in repr(VendorClient(VENDOR, key="k", base_url=url))


def test_the_key_does_not_leave_tls_for_the_same_host():
    with pytest.raises(ProviderError, match="another host"):
        call("https://api.acme.example", "GET", "http://api.acme.example/things")


def test_the_key_goes_to_no_other_host_not_even_by_a_redirect():
    with serving(lambda handler, body: reply(handler, 200, {})) as (elsewhere, strayed):
        with pytest.raises(ProviderError, match="another host"):
            call("https://api.acme.example", "GET", elsewhere)
        with (
            serving(lambda handler, body: reply(handler, 307, {}, location=elsewhere)) as (url, _),
            pytest.raises(ProviderError, match="redirect"),
        ):
            call(url, "GET", "/things")
    assert strayed == []


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "20"}, 20.0),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "Wed, 25 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Wed, 25 Nov 2026 11:00:00 GMT"}, None),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s"}, 360.0),
        ({"x-ratelimit-reset": "1795608010"}, 10.0),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_every_form_of_retry_after_is_understood(headers, seconds):
    assert retry_after(headers, datetime(2026, 11, 25, 12, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"}, 360.0),
        ({"x-ratelimit-remaining-requests": "9", "x-ratelimit-reset-requests": "6m0s"}, None),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "500ms"}, 0.5),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795608010"}, 10.0),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "30"}, 30.0),
        ({"ratelimit": '"burst";r=0;t=5, "day";r=7;t=80000'}, 5.0),
        ({"ratelimit": '"burst";r=0', "ratelimit-policy": '"burst";q=100;w=60'}, 60.0),
        ({"ratelimit": "limit=100, remaining=0, reset=50"}, 50.0),
        ({"ratelimit": "limit=100, remaining=1, reset=50"}, None),
        ({"x-ratelimit-remaining": "none", "ratelimit": ";;=,"}, None),
        ({}, None),
    ],
)
def test_an_answer_that_says_that_nothing_is_left_is_understood(headers, seconds):
    assert nothing_left(headers, datetime(2026, 11, 25, 12, tzinfo=UTC)) == seconds


def test_a_wait_in_the_body_is_understood():
    body = b'{"error": {"code": 429, "details": [{"retryDelay": "7.5s"}]}}'
    assert failure(VENDOR, read_answer("POST", 429, {}, body)).retry_after == 7.5


def test_a_declared_provider_is_paid_and_names_its_key():
    declared = declare(VENDOR, "acme-image", "image", "Acme images", alias="acme")
    assert (declared.paid, declared.environment, declared.aliases) == (True, ("ACME_API_KEY",), ("acme",))


RUNS = """
import sys
from genblaze import Modality, Pipeline
from genblaze.jobs import Generation
from genblaze.models import Asset
from genblaze_http import SingleCallProvider, Vendor

class Acme(SingleCallProvider):
    name = "acme"
    vendor = Vendor(name="Acme", base_url="https://acme.test", base_url_variable="A", key_variables=("B",))
    modality = Modality.IMAGE

    async def begin(self, work):
        await self.client.call("POST", "/text", json={})
        return Generation(assets=(Asset(url="https://acme.test/a", media_type="text/plain", sha256="a" * 64),))

for _ in range(3):
    Pipeline("p", output_dir=sys.argv[2]).step(Acme("key", base_url=sys.argv[1]), model="m", prompt="x").run()
"""


def test_consecutive_runs_share_a_connection_which_is_closed_when_the_process_ends(tmp_path):
    connections = []

    def answer(handler, body):
        connections.append(handler.client_address)
        handler.send_response(200)
        handler.send_header("content-length", "2")
        handler.end_headers()
        handler.wfile.write(b"{}")

    with serving(answer) as (url, calls):
        command = [sys.executable, "-W", "error", "-c", RUNS, url, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(calls) == 3
    assert len(set(connections)) == 1
