"""`genblaze demo`, as somebody who has just installed it sees it."""

import re

import pytest

from genblaze.cli.main import run
from genblaze.config import Config
from genblaze.plugins import PluginManager, set_default_plugins
from genblaze.verifying import Verdict, verify_file


@pytest.mark.needs_plugins
def test_the_demo_makes_three_files_that_verify_and_says_so(tmp_path, capsys):
    assert run(["demo", "--output-dir", str(tmp_path)]) == 0
    *files, manifest = capsys.readouterr().out.splitlines()
    made = sorted(path for path in tmp_path.iterdir() if path.suffix in {".png", ".mp4", ".wav"})
    assert {path.suffix for path in made} == {".png", ".mp4", ".wav"}
    assert len(made) == 3
    assert {verify_file(path).verdict for path in made} == {Verdict.EXACT}
    assert sorted(line.split()[0] for line in files) == [str(path) for path in made]
    assert all(re.fullmatch(r"\S+  sha256 [0-9a-f]{64}  verified", line) for line in files)
    assert re.fullmatch(r"manifest  [0-9a-f]{64}  verified", manifest)


def test_without_the_offline_providers_the_demo_names_the_package(tmp_path, capsys):
    previous = set_default_plugins(PluginManager(Config(), autoload=False))
    try:
        assert run(["demo", "--output-dir", str(tmp_path)]) == 1
    finally:
        set_default_plugins(previous)
    assert "pip install 'genblaze-local[ffmpeg]'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
