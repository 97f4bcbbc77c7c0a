"""`genblaze demo`: what it makes and says, and what it says where it cannot."""

import re
import sys
from pathlib import Path

import pytest

from genblaze.cli.main import run
from genblaze.config import Config
from genblaze.plugins import PluginManager, set_default_plugins
from genblaze.verifying import Verdict, verify_file

LINE = re.compile(r"^(\S.*)  sha256 ([0-9a-f]{64})  verified$", re.MULTILINE)


@pytest.fixture
def demo(capsys, tmp_path, monkeypatch):
    """Runs the demo in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def _demo(*arguments):
        code = run(["demo", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return _demo


@pytest.fixture
def installed():
    """A plugin manager with what is installed, in the place of the process's own."""
    previous = set_default_plugins(PluginManager(Config()))
    yield
    set_default_plugins(previous)


@pytest.mark.needs_plugins
@pytest.mark.usefixtures("installed")
def test_it_makes_three_files_and_each_verifies(demo):
    code, out, err = demo()
    files = [Path(path) for path, _ in LINE.findall(out)]
    assert (code, err) == (0, "")
    assert [path.suffix for path in files] == [".png", ".mp4", ".wav"]
    assert {path.parent for path in files} == {Path("output", "demo")}
    found = [verify_file(path) for path in files]
    assert {each.verdict for each in found} == {Verdict.EXACT}
    assert [each.asset.sha256 for each in found] == [digest for _, digest in LINE.findall(out)]
    assert found[0].manifest.canonical_hash in out
    assert "verified  3 of 3 files" in out


@pytest.mark.needs_plugins
@pytest.mark.usefixtures("installed")
def test_what_it_suggests_to_try_next_works(demo, capsys):
    _, out, _ = demo("--output-dir", "my demo")
    suggested = re.findall(r"^  genblaze (\w+) '(.+)'$", out, re.MULTILINE)
    assert [name for name, _ in suggested] == ["verify", "extract"]
    for arguments in suggested:
        assert run(list(arguments)) == 0
    assert "a red fox" in capsys.readouterr().out


@pytest.mark.needs_plugins
@pytest.mark.usefixtures("installed")
def test_without_ffmpeg_the_rest_is_made_and_the_failure_is_told(demo, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    code, out, err = demo()
    assert code == 1
    assert len(LINE.findall(out)) == 2
    assert "verified  2 of 3 files" in out
    assert "genblaze-local[ffmpeg]" in err


def test_without_the_providers_it_names_their_package(demo):
    previous = set_default_plugins(PluginManager(Config(), autoload=False))
    try:
        code, out, err = demo()
    finally:
        set_default_plugins(previous)
    assert (code, out) == (1, "")
    assert "pip install 'genblaze-local[ffmpeg]'" in err
