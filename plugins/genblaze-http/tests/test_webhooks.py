"""Webhooks against a real server on this machine: signed, repeated, guarded, bounded, and never in the run's way."""

import json
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sample_pipelines import Painter, pipeline_in
from standardwebhooks import Webhook, WebhookVerificationError

import genblaze_http.webhooks.notifier
import genblaze_http.webhooks.sending
from genblaze import PipelineError, ProgressEvent, ProviderError, WebhookError
from genblaze_http import WebhookConfig, WebhookEvent, WebhookNotifier, WebhookSink
from genblaze_http.webhooks import outbox

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PATIENCE_SEC = 60
GIVEN_UP = "genblaze.webhook"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        server = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        answer = server.answers.pop(0) if server.answers else (200, {})
        if callable(answer):
            answer = answer()
        status, headers = answer
        self.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True

    def log_message(self, *args):
        pass


class Receiver(ThreadingHTTPServer):
    """Takes webhooks; `answers` are given first, then 200."""

    daemon_threads = True

    def __init__(self):
        self.answers, self.asked = [], []
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hook"

    @property
    def bodies(self):
        return [json.loads(body) for _, _, body in self.asked]


@pytest.fixture
def receiver():
    server = Receiver()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(genblaze_http.webhooks.sending, "MAX_PAUSE_SEC", 0.0)


@pytest.fixture
def notify(receiver):
    """Makes notifiers for the receiver, and closes them."""
    made = []

    def notifier(queue_maxsize=10_000, **options):
        config = WebhookConfig(receiver.url, **{"secret": SECRET, "allow_loopback": True, **options})
        made.append(WebhookNotifier(config, queue_maxsize=queue_maxsize))
        return made[-1]

    yield notifier
    for each in made:
        each.close(0)


def sent(notifier, *payloads):
    for payload in payloads or [{"event": "pipeline.started", "run_id": "r"}]:
        notifier.enqueue(payload)
    assert notifier.flush(PATIENCE_SEC)


# --- what a receiver gets --------------------------------------------------------------------------------------------


def test_a_delivery_is_signed_so_that_the_standard_s_own_library_verifies_it(receiver, notify):
    sent(notify(headers={"X-Team": "films"}), {"event": "pipeline.completed", "run_id": "r", "name": "Fuchs 🦊"})
    ((path, headers, body),) = receiver.asked
    assert Webhook(SECRET).verify(body, headers) == {"event": "pipeline.completed", "run_id": "r", "name": "Fuchs 🦊"}
    assert (path, headers["content-type"], headers["x-team"]) == ("/hook", "application/json", "films")
    assert headers["host"] == f"127.0.0.1:{receiver.server_port}"
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body + b" ", headers)


def test_any_text_may_be_the_secret(receiver, notify):
    sent(notify(secret="correct horse"))
    ((_, headers, body),) = receiver.asked
    standard = Webhook(b"correct horse")
    assert standard.verify(body, headers)["run_id"] == "r"


def test_a_delivery_keeps_its_id_over_attempts_and_others_have_another(receiver, notify):
    receiver.answers[:] = [(500, {}), (503, {})]
    sent(notify(), {"event": "pipeline.started"}, {"event": "pipeline.completed"})
    ids = [headers["webhook-id"] for _, headers, _ in receiver.asked]
    assert ids[0] == ids[1] == ids[2] != ids[3]
    assert [each["event"] for each in receiver.bodies] == ["pipeline.started"] * 3 + ["pipeline.completed"]


def test_without_a_secret_nothing_is_signed(receiver, notify):
    sent(notify(secret=None))
    assert "webhook-signature" not in receiver.asked[0][1]


def test_as_a_tracer_it_tells_of_the_run_and_its_steps_with_the_run_s_id(tmp_path, receiver, notify):
    notifier = notify()
    result = pipeline_in(tmp_path, tracer=notifier).step(Painter(tmp_path), model="m", prompt="my secret fox").run()
    assert notifier.flush(PATIENCE_SEC)
    started, step_started, step_completed, completed = receiver.bodies
    assert [each["event"] for each in receiver.bodies] == [
        WebhookEvent.PIPELINE_STARTED,
        WebhookEvent.STEP_STARTED,
        WebhookEvent.STEP_COMPLETED,
        WebhookEvent.PIPELINE_COMPLETED,
    ]
    assert {each["run_id"] for each in receiver.bodies} == {result.run.run_id}
    assert (started["step_count"], started["pipeline_name"]) == (1, "test")
    assert (step_started["provider"], step_started["model"], step_started["step_index"]) == ("painter", "m", 0)
    assert (step_completed["status"], step_completed["step_id"]) == ("succeeded", step_started["step_id"])
    assert (completed["status"], completed["canonical_hash"]) == ("completed", result.manifest.canonical_hash)
    assert b"fox" not in b"".join(body for _, _, body in receiver.asked)


def test_the_published_callbacks_tell_once_that_a_step_begins(tmp_path, receiver, notify):
    notifier = notify()
    pipeline = pipeline_in(tmp_path).step(Painter(tmp_path), model="m", prompt="a fox")
    result = pipeline.run(on_progress=notifier.make_on_progress(), on_step_complete=notifier.make_on_step_complete())
    notifier.notify_pipeline_completed(result, canonical_hash="cafe")
    assert notifier.flush(PATIENCE_SEC)
    started, completed, ended = receiver.bodies
    assert (started["event"], completed["event"]) == ("step.started", "step.completed")
    assert (completed["run_id"], completed["total_steps"]) == (result.run.run_id, 1)
    assert (ended["event"], ended["canonical_hash"]) == ("pipeline.completed", "cafe")


def test_what_is_remembered_of_started_steps_does_not_grow(notify, monkeypatch):
    monkeypatch.setattr(genblaze_http.webhooks.notifier, "MOST_STARTED", 10)
    notifier = notify(include_events=set())
    tell = notifier.make_on_progress()
    for number in range(100):
        tell(ProgressEvent(str(number), "p", "m", "processing", None, 0.0))
    assert len(notifier._started) == 10


def test_a_failed_run_is_told_with_its_error_and_without_its_secrets(tmp_path, receiver, notify):
    key = "sk-" + "a1B2" * 8
    pipeline = pipeline_in(tmp_path, tracer=notify()).step(
        Painter(tmp_path, errors=[ProviderError(f"bad key {key}")]), model="m", prompt="a fox"
    )
    with pytest.raises(PipelineError):
        pipeline.run(max_retries=0)
    deadline = time.monotonic() + PATIENCE_SEC
    while len(receiver.asked) < 4 and time.monotonic() < deadline:
        time.sleep(0.02)
    events = {each["event"]: each for each in receiver.bodies}
    assert "bad key" in events["step.failed"]["error"]
    assert events["pipeline.failed"]["status"] == "failed"
    assert key.encode() not in b"".join(body for _, _, body in receiver.asked)


def test_a_sink_tells_when_the_run_has_ended(tmp_path, receiver):
    sink = WebhookSink(WebhookConfig(receiver.url, secret=SECRET, allow_loopback=True))
    result = pipeline_in(tmp_path).step(Painter(tmp_path), model="m", prompt="a fox").run(sink=sink)
    sink.close()
    ((_, headers, body),) = receiver.asked
    told = Webhook(SECRET).verify(body, headers)
    assert (told["event"], told["canonical_hash"]) == ("pipeline.completed", result.manifest.canonical_hash)


def test_only_the_events_that_were_asked_for_are_sent(receiver, notify):
    notifier = notify(include_events={WebhookEvent.PIPELINE_FAILED})
    sent(notifier, {"event": "pipeline.started"}, {"event": "pipeline.failed"}, {"no": "event"})
    assert [each["event"] for each in receiver.bodies] == ["pipeline.failed"]


@pytest.mark.parametrize("value", [object(), float("nan"), {1: {2: 3}}, "\ud800", b"bytes", {"sk": "sk-" + "a1B2" * 8}])
def test_a_payload_of_whatever_kind_is_sent_as_text_or_dropped_but_never_raises(receiver, notify, value):
    sent(notify(), {"event": "pipeline.started", "value": value})
    assert len(receiver.bodies) == 1
    assert b"a1B2" not in receiver.asked[0][2]


# --- a receiver that fails -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_failure_that_may_pass_is_tried_again(receiver, notify, status):
    receiver.answers[:] = [(status, {})]
    notifier = notify()
    sent(notifier)
    assert (len(receiver.asked), notifier.dropped_count) == (2, 0)


@pytest.mark.parametrize("status", [400, 401, 404, 410, 301])
def test_a_failure_that_will_not_pass_is_given_up_at_once(receiver, notify, status, caplog):
    receiver.answers[:] = [(status, {})]
    notifier = notify()
    sent(notifier)
    assert (len(receiver.asked), notifier.dropped_count) == (1, 1)
    assert f"HTTP {status}" in caplog.text
    assert "hook" not in caplog.text.replace("Webhook", "").replace(GIVEN_UP, "")


def test_the_attempts_are_counted_and_what_is_given_up_is_handed_over(receiver, notify):
    lost = []
    receiver.answers[:] = [(500, {})] * 9
    notifier = notify(max_retries=3, on_undelivered=lambda payload, reason: lost.append((payload["event"], reason)))
    sent(notifier)
    assert len(receiver.asked) == 4
    assert lost == [("pipeline.started", "the receiver answered HTTP 500")]


def test_the_receiver_s_waiting_time_is_kept(receiver, notify):
    times = []

    def busy():
        times.append(time.monotonic())
        return 429, {"Retry-After": "1"}

    def ready():
        times.append(time.monotonic())
        return 200, {}

    receiver.answers[:] = [busy, ready]
    sent(notify())
    assert times[1] - times[0] >= 1


def test_a_waiting_time_beyond_the_deadline_gives_up_at_once(receiver, notify, caplog):
    receiver.answers[:] = [(503, {"Retry-After": "3600"})]
    notifier = notify(deadline=30)
    sent(notifier)
    assert (len(receiver.asked), notifier.dropped_count) == (1, 1)
    assert "deadline of 30 s" in caplog.text


def test_an_answer_that_does_not_come_is_waited_for_no_longer_than_the_timeout(receiver, notify, caplog):
    gate = threading.Event()
    receiver.answers[:] = [lambda: gate.wait(PATIENCE_SEC) and (200, {})]
    notifier = notify(timeout=1, max_retries=20)  # a busy machine may be slow to answer more than once
    sent(notifier)
    gate.set()
    assert len(receiver.asked) >= 2
    assert notifier.dropped_count == 0


def test_a_receiver_that_is_not_there_is_tried_again_and_given_up(receiver, notify, caplog):
    receiver.shutdown()
    receiver.server_close()
    notifier = notify()
    sent(notifier)
    assert notifier.dropped_count == 1
    assert "cannot be reached: ConnectError" in caplog.text


def test_a_run_never_waits_for_a_receiver_that_hangs(tmp_path, receiver, notify):
    gate = threading.Event()
    receiver.answers[:] = [lambda: gate.wait(PATIENCE_SEC) and (200, {})]
    notifier = notify(timeout=PATIENCE_SEC, deadline=PATIENCE_SEC)
    result = pipeline_in(tmp_path, tracer=notifier).step(Painter(tmp_path), model="m", prompt="a fox").run()
    assert result.run.status == "completed"
    assert not notifier.flush(0)
    began = time.monotonic()
    notifier.close(0.1)
    assert time.monotonic() - began < PATIENCE_SEC / 2
    assert notifier.dropped_count >= 3
    gate.set()


def test_when_too_many_wait_the_oldest_is_given_up(receiver, notify):
    gate, lost = threading.Event(), []
    receiver.answers[:] = [lambda: gate.wait(PATIENCE_SEC) and (200, {})]
    notifier = notify(queue_maxsize=2, on_undelivered=lambda payload, reason: lost.append(payload["number"]))
    notifier.enqueue({"event": "pipeline.started", "number": 0})
    deadline = time.monotonic() + PATIENCE_SEC
    while not receiver.asked and time.monotonic() < deadline:
        time.sleep(0.01)
    for number in range(1, 5):
        notifier.enqueue({"event": "pipeline.started", "number": number})
    gate.set()
    assert notifier.flush(PATIENCE_SEC)
    assert (lost, [each["number"] for each in receiver.bodies]) == ([1, 2], [0, 3, 4])


def test_after_closing_nothing_is_sent_and_nothing_raises(receiver, notify):
    notifier = notify()
    notifier.close()
    notifier.enqueue({"event": "pipeline.started"})
    assert (receiver.asked, notifier.dropped_count) == ([], 1)


def test_a_callback_for_what_was_lost_may_fail(receiver, notify, caplog):
    receiver.answers[:] = [(400, {})]
    sent(notify(on_undelivered=lambda payload, reason: 1 / 0))
    assert "on_undelivered of a webhook failed" in caplog.text


def test_the_thread_ends_when_there_is_nothing_to_do_and_comes_again(receiver, notify, monkeypatch):
    monkeypatch.setattr(outbox, "IDLE_SEC", 0.01)
    notifier = notify()
    for number in (1, 2):
        sent(notifier)
        deadline = time.monotonic() + PATIENCE_SEC
        while any(each.name == "genblaze-webhook" for each in threading.enumerate()):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert len(receiver.asked) == number


def test_the_end_of_the_process_waits_a_moment_for_what_is_due(receiver):
    program = f"""
from genblaze_http import WebhookConfig, WebhookNotifier
from genblaze_http.webhooks import outbox
outbox.EXIT_GRACE_SEC = {PATIENCE_SEC}
notifier = WebhookNotifier(WebhookConfig({receiver.url.replace("127.0.0.1", "localhost")!r}, allow_loopback=True))
for number in range(5):
    notifier.enqueue({{"event": "pipeline.started", "number": number}})
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert [each["number"] for each in receiver.bodies] == [0, 1, 2, 3, 4]


# --- where it goes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://hooks.example.com/x", "is not https"),
        ("ftp://hooks.example.com/x", "is not https"),
        ("https:///x", "has no host"),
        ("nonsense", "has no host"),
        ("https://[::1/x", "has no host"),
        ("https://localhost/x", "is this machine"),
        ("https://LOCALHOST./x", "is this machine"),
        ("http://127.0.0.1:8000/x", "is this machine"),
        ("https://user:pass@hooks.example.com/x", "user name or password"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused_at_once_and_not_repeated(url, problem):
    with pytest.raises(WebhookError, match=problem) as caught:
        WebhookConfig(url)
    assert "pass@" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.8",
        "169.254.169.254",
        "::1",
        "fd00::1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "0.0.0.0",
    ],
)
def test_a_name_that_leads_to_this_machine_or_network_is_not_dialled(monkeypatch, caplog, address):
    monkeypatch.setattr(
        genblaze_http.webhooks.sending.socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", (address, 443))]
    )
    monkeypatch.setattr(genblaze_http.webhooks.sending, "first_reached", lambda *_: pytest.fail("it was dialled"))
    notifier = WebhookNotifier(WebhookConfig("https://hooks.example.com/x", secret=SECRET))
    sent(notifier)
    notifier.close()
    assert notifier.dropped_count == 1
    assert "the address is one of this machine or its network" in caplog.text


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest/meta-data", "{self}"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_wherever_it_leads(receiver, notify, target, status):
    receiver.answers[:] = [(status, {"Location": target.format(self=receiver.url)})]
    notifier = notify()
    sent(notifier)
    assert (len(receiver.asked), notifier.dropped_count) == (1, 1)


def test_loopback_that_is_let_in_lets_no_other_address_in(monkeypatch, caplog):
    monkeypatch.setattr(
        genblaze_http.webhooks.sending.socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("10.0.0.8", 80))]
    )
    notifier = WebhookNotifier(WebhookConfig("http://localhost:9/x", allow_loopback=True))
    sent(notifier)
    notifier.close()
    assert notifier.dropped_count == 1


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": 0},
        {"deadline": float("inf")},
        {"max_retries": -1},
        {"headers": {"X-A": "b\r\nX-C: d"}},
        {"secret": "whsec_no base64"},
        {"secret": ""},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(options):
    with pytest.raises(WebhookError):
        WebhookConfig("https://hooks.example.com/x", **options)


def test_nothing_secret_is_shown():
    config = WebhookConfig("https://hooks.example.com/T0/secret", headers={"Authorization": "secret"}, secret="secret")
    assert "secret" not in repr(config) + repr(WebhookNotifier(config))


def test_the_names_are_those_of_the_facade_and_load_nothing_heavy():
    import genblaze_core.webhooks.notifier as published

    assert published.WebhookConfig is WebhookConfig
    program = "import sys; from genblaze_core import WebhookNotifier, WebhookSink; print('httpx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
