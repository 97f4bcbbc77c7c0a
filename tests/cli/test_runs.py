"""`genblaze runs` and `genblaze resume`: what was paid for is listed, and collected without paying again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

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
        return True

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
