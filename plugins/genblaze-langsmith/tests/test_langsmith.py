"""What LangSmith is sent: the same requests as by its own SDK, nothing secret, and never in anybody's way."""

import json
import logging
import threading
import uuid
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sample_pipelines import NOW, Painter, pipeline_in

from genblaze import (
    AgentLoop,
    CallableEvaluator,
    EvaluationResult,
    PluginError,
    PromptVisibility,
    ProviderError,
    ProviderErrorCode,
)
from genblaze_langsmith import LangSmithTracer, sender
from genblaze_langsmith.runs import Place, uuid7

KEY = "lsv2_pt_0123456789abcdef"
INFO = {
    "version": "0.12.0",
    "batch_ingest_config": {
        "use_multipart_endpoint": False,
        "size_limit": 100,
        "size_limit_bytes": 20971520,
        "scale_up_nthreads_limit": 16,
        "scale_up_qsize_trigger": 1000,
    },
}


class LangSmith(ThreadingHTTPServer):
    """Takes runs as LangSmith does; `answers` are the codes of the first answers, `gate` holds answers up."""

    daemon_threads = True

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []
        self.gate = threading.Event()
        self.gate.set()
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def runs(self):
        """Every run, its beginning and end put together, in the order of beginning."""
        found = {}
        for _, _, body in self.requests:
            for run in (*body.get("post", ()), *body.get("patch", ())):
                told = {name: value for name, value in run.items() if value is not None}
                found.setdefault(run["id"], {}).update(told)
        return sorted(found.values(), key=lambda run: run["dotted_order"])


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self._answer(200, json.dumps(INFO).encode())

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.gate.wait(30)
        self.server.requests.append((self.path, dict(self.headers), body))
        self._answer(self.server.answers.pop(0) if self.server.answers else 202, b"{}")

    def _answer(self, code, body):
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def langsmith():
    with LangSmith() as server:
        yield server
        server.gate.set()
        server.shutdown()


@pytest.fixture
def tracer(langsmith):
    made = LangSmithTracer(project_name="p", api_key=KEY, endpoint=langsmith.url)
    yield made
    langsmith.gate.set()
    made.close(20)


def run_film(folder, tracer, **painter):
    pipeline = pipeline_in(folder, "film", tracer=tracer)
    pipeline.step(Painter(folder, cost=0.5), model="a", prompt="a fox", seed=7, size="s")
    return pipeline.step(Painter(folder, **painter), model="b", prompt="a wolf").run(raise_on_failure=False)


def test_a_run_and_its_steps_are_one_tree(tmp_path, langsmith, tracer):
    result = run_film(tmp_path, tracer)
    assert tracer.flush(20)
    root, *steps = langsmith.runs
    assert {path for path, _, _ in langsmith.requests} == {"/runs/batch"}
    assert {headers["X-Api-Key"] for _, headers, _ in langsmith.requests} == {KEY}
    assert (root["name"], root["run_type"], root["session_name"]) == ("film", "chain", "p")
    assert root["trace_id"] == root["id"]
    assert root["outputs"]["manifest_hash"] == result.manifest.canonical_hash
    for step in steps:
        assert (step["run_type"], step["trace_id"], step["parent_run_id"]) == ("tool", root["id"], root["id"])
        assert step["dotted_order"].startswith(root["dotted_order"] + ".")
        assert step["start_time"] <= step["end_time"]
    assert steps[0]["inputs"] == {"prompt": "a fox", "seed": 7, "params": {"size": "s"}}
    assert steps[0]["outputs"]["cost_usd"] == 0.5
    assert steps[0]["outputs"]["assets"][0]["sha256"] == result.assets[0].sha256
    assert steps[0]["extra"]["metadata"]["genblaze_run_id"] == result.run.run_id


def test_failures_and_retries_stand_where_they_belong(tmp_path, langsmith, tracer):
    busy = ProviderError("busy", error_code=ProviderErrorCode.RATE_LIMIT)
    refused = ProviderError("no wolves", error_code=ProviderErrorCode.CONTENT_POLICY)
    run_film(tmp_path, tracer, errors=[busy, refused], retry_policy=NOW)
    assert tracer.flush(20)
    root, _, wolf = langsmith.runs
    assert (wolf["error"], wolf["outputs"]["error_code"]) == ("no wolves", "content_policy")
    assert [(event["name"], event["kwargs"]["error_code"]) for event in wolf["events"]] == [("retry", "rate_limit")]
    assert "no wolves" in root["error"]


def test_an_agent_loop_is_the_root_of_its_runs(tmp_path, langsmith, tracer):
    scores = [0.0, 1.0]
    judge = CallableEvaluator(lambda result: EvaluationResult((score := scores.pop(0)) == 1.0, score))
    AgentLoop(lambda context: pipeline_in(tmp_path, "n").step(Painter(tmp_path), model="m"), judge, tracer=tracer).run()
    assert tracer.flush(20)
    agent, *rest = langsmith.runs
    assert (agent["name"], agent["outputs"]["iterations"], agent["outputs"]["passed"]) == ("agent", 2, True)
    assert [run["name"] for run in rest] == ["n", "painter/m", "n", "painter/m"]
    assert [run["parent_run_id"] for run in (rest[0], rest[2])] == [agent["id"]] * 2
    assert {run["trace_id"] for run in rest} == {agent["id"]}


def comparable(langsmith):
    """The runs without what differs by nature: ids, times, and what the SDK says about its own machine."""
    names = {run["id"]: f"id-{number}" for number, run in enumerate(langsmith.runs)}
    for run in langsmith.runs:
        order = [part[-36:] for part in run["dotted_order"].split(".")]
        extra = {"metadata": {k: v for k, v in run["extra"]["metadata"].items() if k.startswith("genblaze_")}}
        ids = {name: names[run[name]] for name in ("id", "trace_id", "parent_run_id") if name in run}
        times = {name: len(run[name]) > 20 for name in ("start_time", "end_time")}
        own = {"extra": extra, "dotted_order": [names[each] for each in order], **ids, **times}
        yield {name: value for name, value in {**run, **own}.items() if value not in ([], {})}


def without_identity(runs):
    text = json.dumps(list(runs), sort_keys=True)
    told = json.loads(text)
    for run in told:
        for name in ("genblaze_run_id", "genblaze_step_id"):
            run["extra"]["metadata"].pop(name, None)
        outputs = run.get("outputs", {})
        outputs.pop("manifest_hash", None)
        for asset in outputs.get("assets", ()):
            asset.pop("url")
        for event in run.get("events", ()):
            event.pop("time")
            event["kwargs"] = {key: event["kwargs"][key] for key in ("type", "attempt", "error_code")}
    return told


def test_requests_are_those_of_the_official_sdk(tmp_path, langsmith, tracer, monkeypatch):
    import langsmith as sdk

    for name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LANGSMITH_HIDE_INPUTS"):
        monkeypatch.delenv(name, raising=False)
    busy = ProviderError("busy", error_code=ProviderErrorCode.RATE_LIMIT)
    with LangSmith() as theirs:
        client = sdk.Client(api_url=theirs.url, api_key=KEY)
        for each in (tracer, LangSmithTracer(project_name="p", client=client)):
            run_film(tmp_path, each, errors=[busy], retry_policy=NOW)
            assert each.flush(20)
        client.close()
        theirs.shutdown()
    assert {path for path, _, _ in theirs.requests} == {"/runs/batch"}
    assert {headers["x-api-key"] for _, headers, _ in theirs.requests} == {KEY}
    assert without_identity(comparable(langsmith)) == without_identity(comparable(theirs))
    for ours, others in zip(langsmith.runs, theirs.runs, strict=True):
        assert ours.keys() >= others.keys() - {"tags", "serialized"}


@pytest.mark.parametrize("visibility", [PromptVisibility.PRIVATE, PromptVisibility.REDACTED])
def test_prompts_that_are_not_public_are_not_sent(tmp_path, langsmith, tracer, visibility):
    pipeline_in(tmp_path, tracer=tracer).step(
        Painter(tmp_path), model="m", prompt="my secret idea", prompt_visibility=visibility
    ).run()
    assert tracer.flush(20)
    assert "my secret idea" not in json.dumps(langsmith.requests)


def test_credentials_and_the_queries_of_urls_are_not_sent(tmp_path, langsmith, tracer):
    leaky = ValueError("failed with sk-abcdefghijklmnopqrstuvwx")
    pipeline_in(tmp_path, tracer=tracer).step(
        Painter(tmp_path, errors=[leaky]), model="m", reference="https://host/a.png?X-Amz-Signature=abc"
    ).run(raise_on_failure=False)
    assert tracer.flush(20)
    sent = json.dumps([body for _, _, body in langsmith.requests])
    assert "https://host/a.png" in sent
    assert not [each for each in ("abcdefghijklm", "Signature", KEY) if each in sent]
    assert KEY not in repr(tracer)


def test_inputs_and_outputs_can_be_hidden(tmp_path, langsmith, monkeypatch):
    monkeypatch.setenv("LANGSMITH_HIDE_INPUTS", "true")
    monkeypatch.setenv("LANGSMITH_HIDE_OUTPUTS", "true")
    tracer = LangSmithTracer(api_key=KEY, endpoint=langsmith.url)
    run_film(tmp_path, tracer)
    tracer.close(20)
    assert [run.get("inputs") for run in langsmith.runs] == [{}, {}, {}]
    assert "sha256" not in json.dumps(langsmith.runs)


def test_a_langsmith_that_hangs_slows_nothing(tmp_path, langsmith, tracer):
    langsmith.gate.clear()
    ended = threading.Event()
    runs = threading.Thread(target=lambda: (run_film(tmp_path, tracer), run_film(tmp_path, tracer), ended.set()))
    runs.start()
    assert ended.wait(30)
    runs.join()
    assert not tracer.flush(0.05)
    langsmith.gate.set()
    assert tracer.flush(20)
    assert len(langsmith.runs) == 6


@pytest.mark.parametrize(
    ("answers", "requests", "dropped"), [([503], 2, 0), ([409], 1, 0), ([403], 1, 2), ([500, 500, 500], 3, 2)]
)
def test_what_passes_is_sent_again_and_the_rest_dropped_and_told_once(
    langsmith, monkeypatch, caplog, answers, requests, dropped
):
    monkeypatch.setattr(sender, "BACKOFF_SEC", (0.01, 0.01))
    langsmith.answers = answers
    made = sender.Sender(langsmith.url, {"x-api-key": KEY})
    with caplog.at_level(logging.WARNING):
        made.put(sender.Operation("post", {"id": "1"}))
        made.put(sender.Operation("patch", {"id": "2"}))
        assert made.flush(20)
        made.close()
    assert (len(langsmith.requests), made.dropped) == (requests, dropped)
    assert caplog.text.count("Runs are not traced") == (1 if dropped else 0)
    assert KEY not in caplog.text


def test_a_full_queue_drops_what_comes(langsmith, monkeypatch):
    monkeypatch.setattr(sender, "MAX_WAITING", 3)
    langsmith.gate.clear()
    made = sender.Sender(langsmith.url, {})
    for number in range(300):
        made.put(sender.Operation("post", {"id": str(number)}))
    assert made.dropped >= 200
    langsmith.gate.set()
    made.close(20)


def test_nothing_is_sent_to_what_is_no_address():
    with pytest.raises(ValueError, match="http"):
        sender.Sender("file:///etc/passwd", {})


def test_without_a_key_it_says_which_variable_to_set(monkeypatch):
    monkeypatch.delenv("LANGSMITH_API_KEY", raising=False)
    monkeypatch.delenv("LANGCHAIN_API_KEY", raising=False)
    with pytest.raises(PluginError, match="LANGSMITH_API_KEY"):
        LangSmithTracer()


@pytest.mark.parametrize(("given", "project"), [({}, "env"), ({"project_name": "mine"}, "mine")])
def test_the_environment_names_the_project_unless_the_caller_does(monkeypatch, given, project):
    monkeypatch.setenv("LANGSMITH_PROJECT", "env")
    assert repr(LangSmithTracer(api_key=KEY, **given)) == f"LangSmithTracer(project_name={project!r})"


def test_ids_sort_by_time_and_are_version_7():
    earlier, later = (uuid7(datetime(2026, 1, day, tzinfo=UTC)) for day in (1, 2))
    assert str(earlier) < str(later)
    assert (earlier.version, earlier.variant) == (7, uuid.RFC_4122)
    place = Place.below(None, datetime(2026, 1, 1, tzinfo=UTC))
    assert place.dotted_order == f"20260101T000000000000Z{place.id}"
