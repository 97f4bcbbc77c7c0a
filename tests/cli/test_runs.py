"""`genblaze runs` and `genblaze resume`: what was paid for is listed, and collected without paying again."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

PLUGIN = """
from pathlib import Path
from genblaze import Asset, BaseProvider, Capability, hookimpl

class Vendor(BaseProvider):
    name = "ledger"
    paid = True
    poll_interval = 0.01

    def submit(self, step, config=None):
        with Path("ledger.txt").open("a") as ledger:
            ledger.write("submit\\n")
        return "job-7"

    def poll(self, job_id, config=None):
        if Path("die").exists():
            import os
            os._exit(9)
        Path("polled").touch()
        return not Path("hold").exists()

    def fetch_output(self, job_id, step):
        path = Path("out.bin").absolute()
        path.write_bytes(b"bought")
        step.assets = [Asset(url=path.as_uri(), media_type="application/x-test")]
        return step

@hookimpl
def provides():
    return [Capability(hook="generate", key="ledger", paid=True)]

@hookimpl
def generate(request, context):
    return context.provider(Vendor).job(request, context) if request.provider == "ledger" else None
"""


def install(folder: Path) -> dict[str, str]:
    """A plugin as pip leaves it: a module and its metadata."""
    (folder / "ledger_plugin.py").write_text(PLUGIN)
    info = folder / "ledger_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ledger-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[genblaze]\nledger = ledger_plugin\n")
    return {**os.environ, "PYTHONPATH": str(folder)}


def genblaze(folder: Path, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "genblaze", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_run_that_died_after_its_submit_is_collected_and_not_bought_again(tmp_path):
    environment = install(tmp_path)
    template = {"name": "bought", "steps": [{"provider_name": "ledger", "model": "m", "prompt": "a fox"}]}
    (tmp_path / "template.json").write_text(json.dumps(template))
    (tmp_path / "die").touch()
    assert genblaze(tmp_path, environment, "run", "template.json").returncode == 9
    (tmp_path / "die").unlink()

    listed = genblaze(tmp_path, environment, "runs")
    run_id, *_, status, name = listed.stdout.split()
    assert (status, name) == ("running", "bought")
    assert "submitted" in genblaze(tmp_path, environment, "runs", run_id[:8]).stdout

    resumed = genblaze(tmp_path, environment, "resume")
    assert resumed.returncode == 0, resumed.stderr
    assert f"{run_id}  completed" in resumed.stdout
    assert (tmp_path / "ledger.txt").read_text() == "submit\n"
    assert genblaze(tmp_path, environment, "resume").stdout == "nothing to resume\n"


@pytest.mark.slow
def test_of_two_commands_that_resume_a_run_one_does_it_and_the_other_says_so(tmp_path):
    environment = install(tmp_path)
    template = {"name": "bought", "steps": [{"provider_name": "ledger", "model": "m", "prompt": "a fox"}]}
    (tmp_path / "template.json").write_text(json.dumps(template))
    (tmp_path / "die").touch()
    assert genblaze(tmp_path, environment, "run", "template.json").returncode == 9
    (tmp_path / "die").unlink()
    (tmp_path / "hold").touch()
    run_id = genblaze(tmp_path, environment, "runs").stdout.split()[0]
    command = [sys.executable, "-m", "genblaze", "resume", run_id]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as first:
        deadline = time.monotonic() + 60
        while not (tmp_path / "polled").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        second = genblaze(tmp_path, environment, "resume", run_id)
        (tmp_path / "hold").unlink()
        done, _ = first.communicate(timeout=60)
    assert second.returncode == 1
    assert f"{run_id}  not resumed: Run {run_id} is being worked on by process {first.pid}" in second.stderr
    assert (first.returncode, f"{run_id}  completed" in done) == (0, True)
    assert (tmp_path / "ledger.txt").read_text() == "submit\n"


def test_a_run_whose_plugin_is_missing_does_not_keep_others_from_being_resumed(tmp_path):
    environment = install(tmp_path)
    for provider in ("missing", "ledger"):
        template = {"steps": [{"provider_name": "ledger", "model": "m", "prompt": "a fox"}]}
        (tmp_path / "template.json").write_text(json.dumps(template))
        (tmp_path / "die").touch()
        assert genblaze(tmp_path, environment, "run", "template.json").returncode == 9
        if provider == "missing":
            with sqlite3.connect(tmp_path / "output" / ".genblaze" / "journal.db") as connection:
                connection.execute("UPDATE runs SET template = replace(template, '\"ledger\"', '\"missing\"')")
            connection.close()
    (tmp_path / "die").unlink()
    resumed = genblaze(tmp_path, environment, "resume")
    assert resumed.returncode == 1
    assert "not resumed: " in resumed.stderr
    assert "completed" in resumed.stdout


def test_runs_that_ended_long_ago_are_forgotten_but_none_that_may_still_be_collected(tmp_path):
    from genblaze.journal import FINISHED, INTENT, SUBMITTED, UNCERTAIN, Entry, open_journal

    file = tmp_path / "output" / ".genblaze" / "journal.db"
    journal = open_journal(file)
    runs = {"done": FINISHED, "empty": None, "known": SUBMITTED, "doubtful": UNCERTAIN, "held": INTENT}

    async def fill():
        for run_id, state in {**runs, "young": FINISHED, "running": FINISHED}.items():
            await journal.begin(run_id, None, tmp_path, b" " * 20_000)
            if state is not None:
                asked = {"request": "r", "provider": "p", "model": "m", "step_id": "s"}
                await journal.note(Entry(run_id=run_id, step_index=0, state=state, **asked))
            if run_id != "running":
                await journal.end(run_id, "failed")

    asyncio.run(fill())
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE runs SET changed = changed - 100000 WHERE run_id != 'young'")
    connection.close()
    done = genblaze(tmp_path, dict(os.environ), "runs", "--prune", "1")
    assert done.stdout.startswith("forgot 2 runs; "), done.stderr
    assert {record.run_id for record in journal.runs()} == {*runs, "young", "running"} - {"done", "empty"}
    assert set(journal.entries("done")) == set()
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA freelist_count").fetchone() == (0,)
    connection.close()
    asyncio.run(journal.end("running", "failed"))


def test_without_a_journal_the_command_says_where_it_looked(tmp_path):
    answer = genblaze(tmp_path, dict(os.environ), "runs", "--output-dir", "elsewhere")
    assert answer.returncode == 1
    assert "no journal at elsewhere" in answer.stderr


BATCH = """
from genblaze import Pipeline
Pipeline("many").step("ledger", model="m", prompt="{prompt}").batch_run(["a", "b", "c"], max_concurrency=1)
"""


def test_a_batch_that_died_goes_on_with_the_items_that_had_not_had_their_turn(tmp_path):
    environment = install(tmp_path)
    (tmp_path / "die").touch()
    command = [sys.executable, "-c", BATCH]
    died = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert died.returncode == 9, died.stderr
    (tmp_path / "die").unlink()
    listed = genblaze(tmp_path, environment, "runs").stdout
    assert (listed.count("running"), listed.count("waiting")) == (1, 2)
    resumed = genblaze(tmp_path, environment, "resume")
    assert resumed.stdout.count("completed") == 3, resumed.stderr
    assert (tmp_path / "ledger.txt").read_text() == "submit\n" * 3
