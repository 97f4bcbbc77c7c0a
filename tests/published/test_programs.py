"""Small programs written for the published package print here what they print there.

The text beside each program is what it printed with genblaze-core 0.3.8 installed. They were written from the published
behaviour alone: a provider, a sink, a store, a tracer of somebody else's, records, files, failures.
"""

import runpy
import tempfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.needs_plugins

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_published_program_prints_what_it_always_printed(program, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    runpy.run_path(str(program), run_name="__main__")
    assert capsys.readouterr().out == program.with_suffix(".txt").read_text("utf-8")
