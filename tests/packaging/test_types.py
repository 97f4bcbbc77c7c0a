"""A user's program is type-checked against the façade as against the kernel."""

import subprocess
import sys

import pytest

pytestmark = [pytest.mark.needs_plugins, pytest.mark.slow]

PROGRAM = """
from genblaze_core import Modality, Pipeline
from genblaze_core.models.asset import Asset
from genblaze_core.pipeline import PipelineResult

pipeline: Pipeline = Pipeline("typed")
image: Modality = Modality.IMAGE
asset: Asset = Asset(url="file:///fox.png", media_type="image/png")


def size(result: PipelineResult) -> int | None:
    return result.run.steps[0].assets[0].size_bytes
"""


def mypy(source: str, folder) -> subprocess.CompletedProcess[str]:
    program = folder / "program.py"
    program.write_text(source, "utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "program.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_a_program_that_uses_the_published_paths_passes_strict_checking(tmp_path):
    done = mypy(PROGRAM, tmp_path)
    assert (done.returncode, done.stdout) == (0, "Success: no issues found in 1 source file\n")


def test_a_name_that_does_not_exist_is_a_type_error(tmp_path):
    done = mypy("from genblaze_core import Pipelyne\n", tmp_path)
    assert 'Module "genblaze_core" has no attribute "Pipelyne"' in done.stdout
