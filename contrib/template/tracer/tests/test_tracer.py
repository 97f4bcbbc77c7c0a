"""What a user of ours relies on."""

import json

from genblaze import MockProvider, Pipeline
from genblaze.config import Config
from genblaze.testing import plugins_with
from genblaze_acme_watch import AcmeWatchTracer, _plugin


def lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_step_and_its_run_have_a_line_each(tmp_path):
    tracer = AcmeWatchTracer(tmp_path / "lines.jsonl")
    pipeline = Pipeline("test", tracer=tracer, plugins=plugins_with())
    pipeline.step(MockProvider(cost_usd=0.5), model="m", prompt="p").run()
    tracer.flush()
    step, run = lines(tmp_path / "lines.jsonl")
    assert (step["provider"], step["status"], step["cost_usd"]) == ("mock", "succeeded", 0.5)
    assert run == {"run": step["run"], "status": "completed", "cost_usd": 0.5}


def test_the_setting_tracers_switches_it_on(tmp_path, monkeypatch):
    monkeypatch.setenv("ACME_WATCH_FILE", str(tmp_path / "lines.jsonl"))
    _plugin._tracer.cache_clear()
    plugins = plugins_with(Config(tracers=("acme-watch",)), mine=_plugin)
    Pipeline("test", plugins=plugins).step(MockProvider(), model="m", prompt="p").run()
    _plugin._tracer().flush()
    assert len(lines(tmp_path / "lines.jsonl")) == 2
