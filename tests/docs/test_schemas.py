"""The JSON Schemas are generated from the structs, and what genblaze really writes is valid by them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

import jsonschema
import pytest
from sample_pipelines import NOW, Painter, Queue, kernel_plugins, pipeline_in

from genblaze import AgentLoop, CallableEvaluator, ProviderError, ProviderErrorCode, StepCache
from genblaze.models.event import StreamEventType

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "reference" / "schemas"


def validator(name):
    schema = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema, format_checker=kind.FORMAT_CHECKER)


def test_the_schemas_are_what_the_structs_say():
    tool = ROOT / "tools" / "schemas.py"
    done = subprocess.run([sys.executable, tool, "--check"], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "schemas in step", "")


def happenings(folder):
    """Events of runs that go well, are retried, fail, are cached, and of a loop."""
    busy = ProviderError("busy", error_code=ProviderErrorCode.RATE_LIMIT)
    moody = Painter(folder, errors=[busy, ValueError("no")], retry_policy=NOW)
    yield from pipeline_in(folder, "n").step(moody, model="a").step(Painter(folder), model="b").stream()
    cached = pipeline_in(folder).cache(StepCache(folder / "cache")).step(Queue(folder), model="m", step_name="one")
    for _ in range(2):
        yield from cached.stream()
    (folder / ".genblaze").write_text("in the way of the journal")
    paid = Painter(folder)
    paid.paid = True
    yield from pipeline_in(folder, journal_required=False).step(paid, model="m").stream()
    judge = CallableEvaluator(lambda result: True)
    yield from AgentLoop(lambda context: pipeline_in(folder).step(Painter(folder), model="m"), judge).stream()


def test_events_are_valid_by_their_schema(tmp_path):
    check = validator("events")
    kinds = set()
    for event in happenings(tmp_path):
        wire = json.loads(json.dumps(event.to_dict()))
        check.validate(wire)
        kinds.add(wire["type"])
    assert kinds == set(get_args(StreamEventType)) - {"pipeline.cancelled"}


def test_what_is_no_event_is_not_valid():
    check = validator("events")
    for wrong in ({}, {"type": "step.started"}, {"type": "no.such", "timestamp": "2026-01-01T00:00:00Z"}):
        with pytest.raises(jsonschema.ValidationError):
            check.validate(wrong)


def test_manifests_are_valid_by_their_schema(tmp_path):
    check = validator("manifest")
    result = pipeline_in(tmp_path, "n", kernel_plugins()).step(Painter(tmp_path, cost=0.5), model="m", prompt="p").run()
    check.validate(json.loads(result.save_manifest(tmp_path / "m.json").read_text("utf-8")))
    check.validate(json.loads(result.save_manifest(tmp_path / "full.json", full=True).read_text("utf-8")))
    with pytest.raises(jsonschema.ValidationError):
        check.validate({"schema_version": "1.5"})
