"""A key that can be recognised, in every place where a key can be, turns up nowhere else."""

import logging
import traceback

import msgspec
import pytest
from played_vendors import PLAYED, at, changed

from genblaze import LoggingTracer, Pipeline, PipelineError, RetryPolicy, StepCache
from genblaze.testing import Answer

pytestmark = pytest.mark.needs_plugins

NAMES = sorted(PLAYED)
ONCE = RetryPolicy.disabled()


@pytest.fixture
def seen(caplog, capsys, tmp_path):
    """Runs a step; gives everything that anybody can see of it: texts, and the files that were left behind."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, "httpcore")  # at DEBUG it logs what the vendor answers, header by header
    texts = []

    def go(name, provider):
        tracer = LoggingTracer(logger=logging.getLogger("test.trace"))
        pipeline = Pipeline("canary", output_dir=tmp_path / "output", tracer=tracer, preflight=False)
        pipeline.cache(StepCache(tmp_path / "cache"))
        pipeline.step(provider, prompt="a fox", step_retry=ONCE, **PLAYED[name].step)
        events = []
        try:
            for event in pipeline.stream():
                events.append(event)
                texts.extend([repr(event), str(event.to_dict())])
            result = events[-1].result
        except PipelineError as error:
            result = error.result
        if result.run.steps[0].error:
            texts.extend(_exception(result))
        texts.extend([repr(provider), repr(provider.client), repr(result), result.manifest.to_canonical_json()])
        texts.extend([result.run.model_dump_json(), repr(vars(provider.client).keys())])
        return result.run.steps[0]

    def everything():
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert any(path.name == "journal.db" for path in files)
        return [*texts, caplog.text, *capsys.readouterr(), *map(str, files), *(_text(path) for path in files)]

    go.everything = everything
    return go


def _exception(result):
    try:
        raise PipelineError("it failed", result=result)
    except PipelineError as error:
        return [str(error), repr(error), traceback.format_exc()]


def _text(path):
    return path.read_bytes().decode("latin-1")


def absent(key, texts):
    assert not [text[:300].replace(key, "<HERE>") for text in texts if key in text]


def with_key(vendor, key):
    return [call for call in vendor.calls if any(key in value for value in call.headers.values())]


@pytest.mark.parametrize("name", NAMES)
def test_a_key_from_the_environment(name, seen):
    with at(name) as vendor:
        step = seen(name, type(PLAYED[name].make(vendor.url))(poll_interval=0.01) if PLAYED[name].job else _plain(name))
        assert step.error is None
        assert with_key(vendor, PLAYED[name].key)
        absent(PLAYED[name].key, seen.everything())


def _plain(name):
    return type(PLAYED[name].make("http://127.0.0.1:9"))()


@pytest.mark.parametrize("name", NAMES)
def test_a_key_that_is_an_argument_and_comes_back_in_a_header(name, seen):
    key = "Zk9canaryargument41c7"
    with at(name) as vendor:
        _echo_in_headers(vendor, key)
        assert seen(name, PLAYED[name].make(vendor.url, key)).error is None
        assert with_key(vendor, key)
        absent(key, seen.everything())


def _echo_in_headers(vendor, key):
    """Make the vendor repeat the key where it names the request."""

    def change(_, answer):
        return msgspec.structs.replace(answer, headers={**answer.headers, "x-request-id": f"req-{key}"})

    changed(vendor, change)


@pytest.mark.parametrize("name", NAMES)
def test_a_password_in_the_address(name, seen):
    password = "Zk9canarypassword41c7"
    with at(name) as vendor:
        assert seen(name, PLAYED[name].make(vendor.url.replace("://", f"://user:{password}@"))).error is None
        absent(password, seen.everything())


@pytest.mark.parametrize("name", NAMES)
def test_a_key_that_comes_back_in_an_error(name, seen):
    key = "Zk9canaryerror41c7"
    body = {"error": {"message": f"no such key: {key}", "code": key}, "detail": f"no such key: {key}"}
    with at(name) as vendor:
        refusal = Answer(status=401, body=body, headers={"x-request-id": key})
        vendor.on(*PLAYED[name].paid, refusal)
        assert seen(name, PLAYED[name].make(vendor.url, key)).error_code == "auth_failure"
        absent(key, seen.everything())


@pytest.mark.parametrize("name", [name for name in NAMES if PLAYED[name].job])
def test_a_key_that_comes_back_in_a_failed_job(name, seen):
    key = "Zk9canaryjob41c7"
    path, told = PLAYED[name].job
    words = {"status": "failed", "state": "failed", "failure_reason": key, "error": {"message": key, "code": 3}}
    words |= {"failure": key, "failureCode": key, "errors": [{"message": key}], "done": True}
    if name == "runway":
        words["status"] = "FAILED"
    if name == "replicate":
        words["error"] = key
    with at(name) as vendor:
        vendor.on("GET", path, Answer(body={**told, **words}))
        assert seen(name, PLAYED[name].make(vendor.url, key)).error
        absent(key, seen.everything())


@pytest.mark.parametrize("name", ["replicate", "runway", "luma"])
def test_the_key_does_not_go_to_where_outputs_are_downloaded_from(name, seen):
    with at(name) as vendor:
        assert seen(name, PLAYED[name].make(vendor.url)).error is None
        assert [call.headers.get("authorization") for call in vendor.sent("GET", "/out/.*")] == [None]
