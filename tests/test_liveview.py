"""The live view: drawn on a terminal, silent elsewhere, and never in the way of a run."""

import contextlib
import io
import os
import pty
import re
import sys
import threading

import pytest
from rich.console import Console
from sample_pipelines import NOW, Painter, pipeline_in

from genblaze import AgentLoop, CallableEvaluator, EvaluationResult, ProviderError, ProviderErrorCode, StepCache
from genblaze.liveview import LiveView, is_wanted, live_view


class Terminal:
    """A real terminal in the place of stderr, for as long as a `with` lasts; then `text` is what was drawn."""

    text = ""

    def __enter__(self):
        self._ours, theirs = pty.openpty()
        self._chunks = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self._out = open(theirs, "w", encoding="utf-8")  # noqa: PTH123 - a descriptor, closed below
        self._before, sys.stderr = sys.stderr, self._out

    def _read(self):
        with contextlib.suppress(OSError):  # how a terminal says that it was hung up
            while chunk := os.read(self._ours, 65536):
                self._chunks.append(chunk)

    def __exit__(self, *_):
        sys.stderr = self._before
        self._out.close()
        self._reader.join(10)
        os.close(self._ours)
        self.text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", b"".join(self._chunks).decode())


@pytest.fixture
def terminal(monkeypatch):
    for name in ("CI", "GENBLAZE_NO_PROGRESS", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "110")
    return Terminal()


def test_a_run_draws_each_step_with_state_time_and_cost(tmp_path, terminal):
    busy = ProviderError("busy", error_code=ProviderErrorCode.RATE_LIMIT)
    pipeline = pipeline_in(tmp_path, "film").step(Painter(tmp_path, cost=0.25), model="a", step_name="picture")
    pipeline.step(Painter(tmp_path, errors=[busy], retry_policy=NOW, cost=0.5), model="b")
    with terminal:
        pipeline.run()
    last = [line for line in terminal.text.splitlines() if line.strip()][-3:]
    assert re.match(r"✓ picture .*100%.* s .*\$0\.25", last[0])
    assert re.match(r"✓ painter/b .*100%.* s .*\$0\.50", last[1])
    assert re.match(r"film · 2 of 2 steps · .* s · \$0\.75", last[2])


def test_a_failure_and_what_it_stopped_are_drawn(tmp_path, terminal):
    painter = Painter(tmp_path, errors=[ValueError("no\x1b[2Jfoxes")])
    with terminal:
        pipeline_in(tmp_path).step(painter, model="a").step(painter, model="b").run(raise_on_failure=False)
    assert re.search(r"✗ painter/a .*ValueError: no \[2Jfoxes", terminal.text)
    assert "- painter/b" in terminal.text


def test_a_batch_is_drawn_as_one(tmp_path, terminal):
    with terminal:
        pipeline_in(tmp_path).step(Painter(tmp_path), model="a").batch_run([str(n) for n in range(40)])
    assert "40 of 40 runs · 40 of 40 steps" in terminal.text


def test_a_loop_tells_its_tries(tmp_path, terminal):
    scores = [0.25, 1.0]
    judge = CallableEvaluator(lambda result: EvaluationResult((score := scores.pop(0)) == 1.0, score))
    with terminal:
        AgentLoop(lambda context: pipeline_in(tmp_path).step(Painter(tmp_path), model="m"), judge).run()
    assert "try 2 of 3: passed, score 1 · 2 of 2 steps" in terminal.text


def test_a_cached_step_says_so(tmp_path, terminal):
    pipeline = pipeline_in(tmp_path).cache(StepCache(tmp_path / "cache")).step(Painter(tmp_path), model="m")
    pipeline.run(progress=False)
    with terminal:
        pipeline.run()
    assert "from the cache" in terminal.text


def test_a_run_within_a_run_leaves_the_drawing_to_the_outer_one(terminal):
    with terminal, live_view(None) as outer, live_view(None) as inner:
        assert (outer is None, inner) == (False, None)


@pytest.mark.parametrize(
    ("variables", "progress", "listens", "wanted"),
    [
        ({}, None, False, True),
        ({}, False, False, False),
        ({}, None, True, False),
        ({}, True, True, True),
        ({"CI": "true"}, None, False, False),
        ({"CI": "true"}, True, False, True),
        ({"GENBLAZE_NO_PROGRESS": "1"}, True, False, False),
        ({"TERM": "dumb"}, True, False, False),
    ],
)
def test_when_it_draws(terminal, monkeypatch, variables, progress, listens, wanted):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with terminal:
        assert is_wanted(progress, listens=listens) is wanted


def test_where_there_is_no_terminal_nothing_is_written_and_rich_not_imported(tmp_path, capfd):
    pipeline_in(tmp_path).step(Painter(tmp_path), model="m").run(progress=True)
    assert capfd.readouterr() == ("", "")


def test_more_steps_than_lines_leave_those_that_run_or_failed():
    from genblaze.models.event import PipelineStartedEvent, StepQueuedEvent, StepStartedEvent

    out = io.StringIO()
    console = Console(file=out, width=100, height=10, force_terminal=True, color_system=None)
    view = LiveView(console)
    view.hear(PipelineStartedEvent(run_id="r", total_steps=30))
    for index in range(30):
        where = {"run_id": "r", "step_id": str(index), "step_index": index, "total_steps": 30}
        view.hear(StepQueuedEvent(**where, provider="p", model=f"m{index}", reason="serial"))
        if index in (7, 9):
            view.hear(StepStartedEvent(**where, provider="p", model=f"m{index}", expected_duration_sec=1000))
    console.print(view.drawn())
    assert re.findall(r"p/m\d+", out.getvalue()) == ["p/m7", "p/m9"]
    assert "0%" in out.getvalue()
