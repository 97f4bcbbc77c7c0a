"""Tracers: lines of JSON where the application wants them, and no tracer in the way of another."""

import contextlib
import io
import json
import logging

import pytest
from sample_pipelines import NOW, Painter, pipeline_in

from genblaze import CompositeTracer, LoggingTracer, ProviderError, ProviderErrorCode, StructuredLogger, Tracer

EVENTS_OF_A_FAILURE = ["pipeline.start", "step.started", "step.retried", "step.failed", "pipeline.complete"]


def run(tmp_path, tracer, **painter):
    pipeline = pipeline_in(tmp_path, "n", tracer=tracer, tenant_id="t")
    return pipeline.step(Painter(tmp_path, **painter), model="m", prompt="hidden").run(raise_on_failure=False)


def test_runs_and_steps_have_a_line_each_when_they_begin_and_end(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    result = run(tmp_path, LoggingTracer(), cost=0.5)
    lines = [json.loads(record.message) for record in caplog.records if record.name == "genblaze.pipeline"]
    assert [line["event"] for line in lines] == [
        "pipeline.start",
        "step.started",
        "step.completed",
        "pipeline.complete",
    ]
    assert {line["run_id"] for line in lines} == {result.run.run_id}
    assert (lines[0]["name"], lines[0]["tenant_id"], lines[0]["total_steps"]) == ("n", "t", 1)
    assert (lines[2]["provider"], lines[2]["cost_usd"], lines[2]["status"]) == ("painter", 0.5, "succeeded")
    assert lines[3]["manifest_hash"] == result.manifest.canonical_hash
    assert "hidden" not in caplog.text


def test_failures_and_retries_have_lines_of_their_own(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    busy = ProviderError("busy sk-abcdefghijklmnopqrstuvwx", error_code=ProviderErrorCode.RATE_LIMIT)
    run(tmp_path, LoggingTracer(), errors=[busy, ValueError("no")], retry_policy=NOW)
    records = [record for record in caplog.records if record.name == "genblaze.pipeline" and record.message[0] == "{"]
    lines = [json.loads(record.message) for record in records]
    assert [line["event"] for line in lines] == EVENTS_OF_A_FAILURE
    assert (records[3].levelname, lines[3]["error"]) == ("ERROR", "ValueError: no")
    assert "abcdefghijkl" not in caplog.text


def test_lines_go_to_stderr_when_nothing_is_configured(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    run(tmp_path, LoggingTracer())
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == [
        "pipeline.start",
        "step.started",
        "step.completed",
        "pipeline.complete",
    ]
    assert not logging.getLogger().handlers
    assert not logging.getLogger("genblaze.pipeline").handlers


def test_a_loguru_logger_is_accepted(tmp_path):
    from loguru import logger

    out = io.StringIO()
    sink = logger.add(out, format="{level}|{message}")
    try:
        run(tmp_path, LoggingTracer(logger))
    finally:
        logger.remove(sink)
    lines = [line for line in out.getvalue().splitlines() if "{" in line]
    assert [json.loads(line.partition("|")[2])["event"] for line in lines] == [
        "pipeline.start",
        "step.started",
        "step.completed",
        "pipeline.complete",
    ]


@pytest.mark.parametrize("wrap", [lambda logger: logger, lambda logger: logging.LoggerAdapter(logger, {"a": 1})])
def test_standard_loggers_and_adapters_are_accepted(tmp_path, caplog, wrap):
    caplog.set_level(logging.INFO)
    run(tmp_path, LoggingTracer(wrap(logging.getLogger("mine"))))
    assert len([record for record in caplog.records if record.name == "mine"]) == 4


def test_structured_logging_is_a_word_of_the_pipeline(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    pipeline_in(tmp_path, structured_log=True).step(Painter(tmp_path), model="m").run()
    assert "pipeline.complete" in caplog.text


def test_a_line_is_written_once_and_no_logger_is_changed():
    out, root = io.StringIO(), logging.getLogger()
    before = (root.level, list(root.handlers), logging.getLogger("once").level)
    handler = logging.StreamHandler(out)
    logging.getLogger("once").addHandler(handler)
    try:
        StructuredLogger("once", logging.WARNING).error("told")
        StructuredLogger("once.below").error("told")
    finally:
        logging.getLogger("once").removeHandler(handler)
    assert len(out.getvalue().splitlines()) == 2
    assert (root.level, list(root.handlers), logging.getLogger("once").level) == before


@pytest.mark.parametrize(("level", "lines"), [(None, 1), (logging.ERROR, 0)])
def test_lines_that_were_asked_for_come_although_the_root_logger_shows_warnings_only(level, lines):
    out, parent = io.StringIO(), logging.getLogger("asked")
    handler = logging.StreamHandler(out)
    logging.getLogger().addHandler(handler)
    try:
        parent.setLevel(level or logging.NOTSET)
        StructuredLogger("asked.for").info("told")
    finally:
        logging.getLogger().removeHandler(handler)
        parent.setLevel(logging.NOTSET)
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(each["event"], each["level"]) for each in told] == [("told", "info")] * lines


def test_context_stands_in_every_line(caplog):
    caplog.set_level(logging.INFO)
    log = StructuredLogger("ctx", context={"a": 1}).with_context(b=2)
    log.info("told", c=3, odd=object)
    log.debug("not told")
    lines = [json.loads(record.message) for record in caplog.records if record.name == "ctx"]
    assert [(line["a"], line["b"], line["c"], line["event"]) for line in lines] == [(1, 2, 3, "told")]


def test_one_of_several_tracers_may_fail(tmp_path):
    heard = []

    class Broken(Tracer):
        def on_run_start(self, *args, **kwargs):
            raise RuntimeError("x")

    class Mine(Tracer):
        def on_run_start(self, run_id, name, **more):
            heard.append(("start", name, more["metadata"]))

        def on_run_end(self, run_id, result):
            heard.append(("end", result.run.run_id))

    result = run(tmp_path, CompositeTracer([Broken(), Mine()]))
    assert heard == [("start", "n", {}), ("end", result.run.run_id)]


def test_a_step_that_never_began_has_its_one_line(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    pipeline = pipeline_in(tmp_path, tracer=LoggingTracer())
    failing = Painter(tmp_path, errors=[ValueError("no")])
    pipeline.step(failing, model="a").step(failing, model="b").run(raise_on_failure=False)
    lines = [json.loads(record.message) for record in caplog.records if record.message[0] == "{"]
    ends = [(line["event"], line["step_index"]) for line in lines if line["event"] in {"step.failed", "step.cancelled"}]
    assert ends == [("step.failed", 0), ("step.cancelled", 1)]
    assert (lines[-1]["status"], lines[-1]["error_code"]) == ("failed", "invalid_input")
    assert lines[-1]["duration_ms"] >= 0


def test_the_command_line_shows_the_lines_of_the_tracer_that_settings_name(tmp_path):
    from genblaze.cli.logs import logging_to_stderr

    err = io.StringIO()
    with contextlib.redirect_stderr(err), logging_to_stderr():
        run(tmp_path, LoggingTracer())
        logging.getLogger("genblaze.pipeline").info("chatter")
    assert [json.loads(line)["event"] for line in err.getvalue().splitlines()] == [
        "pipeline.start",
        "step.started",
        "step.completed",
        "pipeline.complete",
    ]
