"""The published commands with the options that they had."""

import pytest

from genblaze import MockProvider, Pipeline
from genblaze.cli.main import run

pytestmark = pytest.mark.needs_plugins


@pytest.fixture
def manifest(tmp_path):
    made = Pipeline("p").step(MockProvider(), model="m", prompt="a fox").run()
    return made.save_manifest(tmp_path / "manifest.json")


@pytest.mark.parametrize("option", ["-o", "--output"])
def test_index_with_an_output_folder_writes_parquet_tables(manifest, tmp_path, option):
    pytest.importorskip("genblaze_parquet")
    assert run(["index", str(manifest), option, str(tmp_path / "tables")]) == 0
    kinds = {path.relative_to(tmp_path / "tables").parts[0] for path in (tmp_path / "tables").rglob("*.parquet")}
    assert kinds == {"runs", "steps", "assets"}


def test_every_published_command_and_option_is_known(manifest, tmp_path):
    assert run(["verify", "--hash-only", str(manifest)]) == 0
    assert run(["extract", "--format", "summary", str(manifest)]) == 0
    assert run(["extract", "-o", str(tmp_path / "again.json"), str(manifest)]) == 0
    assert run(["verify", str(tmp_path / "again.json")]) == 0
    assert run(["replay", "--dry-run", "--show-prompts", "--force", "--allow-provider", "mock", str(manifest)]) == 0
    assert run(["--version"]) == 0
