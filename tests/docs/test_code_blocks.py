"""Every code block of the documentation runs, in the order of its page, in a folder of the page's own.

`python` blocks of a page share one namespace. `console` blocks hold commands behind `$ `, and below each what
it prints, where `...` stands for anything (nothing below: anything goes). A note after the language:

    any-language file=NAME  is saved under this name instead of run
    console from-clone      runs in a copy of the repository with an empty environment (slow)
    console from-wheels     is run by tools/check_wheels.py (`tox -e dist`)
    console run-by-ci       is what .ci/run runs, so it is only compared with that
    console workshop        runs with an empty environment and a folder of wheels, as do all blocks of that page (slow)
    console elsewhere       the same, later
"""

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import NamedTuple

import pytest
from wheelhouse import offline, wheelhouse

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
    *sorted(ROOT.glob("docs/**/*.md")),
    *sorted(ROOT.glob("*/genblaze-*/README.md")),
]
FENCE = re.compile(r"^```(\w+)[ \t]*([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUNNABLE = {"python", "console"}
ILLUSTRATIVE = {"toml", "text", "json", "ini", "sh"}
FROM_WHEELS = {"workshop", "elsewhere"}


class Block(NamedTuple):
    page: Path
    line: int
    language: str
    note: str
    text: str


def blocks(page: Path) -> list[Block]:
    source = page.read_text("utf-8")
    return [
        Block(page, source.count("\n", 0, match.start()) + 2, match[1], match[2].strip(), match[3])
        for match in FENCE.finditer(source)
    ]


def commands(text: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with the output the page shows for it."""
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    return [(command, shown) for command, _, shown in (part.partition("\n") for part in parts)]


def as_pattern(shown: str) -> str:
    return ".*".join(re.escape(part) for part in shown.rstrip().split("..."))


def check_console(block: Block, folder: Path, environ: dict[str, str]) -> None:
    for command, shown in commands(block.text):
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        matches = not shown or re.fullmatch(as_pattern(shown), done.stdout.rstrip(), re.DOTALL)
        if done.returncode or not matches:
            what = "printed something else" if done.returncode == 0 else f"exit code {done.returncode}"
            pytest.fail(f"{block.page}:{block.line}: {what}\n$ {command}\n{done.stdout}", pytrace=False)


def console_environment(folder: Path) -> dict[str, str]:
    """This process's, except that settings and installed packages are the page's own."""
    site = str(folder / ".site")
    return {
        **os.environ,
        "COLUMNS": "80",
        "HOME": str(folder / ".home"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip's word for "no isolation, please"
        "PIP_NO_DEPS": "1",  # genblaze is here already, and nothing else shall come
        "PIP_NO_INDEX": "1",
        "PIP_TARGET": site,
        "PYTHONPATH": os.pathsep.join(filter(None, [site, os.environ.get("PYTHONPATH")])),
        "XDG_CONFIG_HOME": str(folder / ".config"),
    }


def run_block(block: Block, folder: Path, namespace: dict[str, object]) -> None:
    if block.note.startswith("file="):
        path = folder / block.note.removeprefix("file=")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, "utf-8")
    elif block.language == "console":
        check_console(block, folder, console_environment(folder))
    elif block.language == "python":
        source = "\n" * (block.line - 1) + block.text
        exec(compile(source, block.page, "exec"), namespace)


def is_elsewhere(block: Block) -> bool:
    return block.note in {"from-clone", "from-wheels", "run-by-ci", *FROM_WHEELS}


@pytest.mark.needs_plugins
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_code_blocks_of_a_page_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__main__"}
    for block in blocks(page):
        if not is_elsewhere(block):
            run_block(block, tmp_path, namespace)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_has_only_blocks_that_run_or_that_illustrate(page):
    fences = re.findall(r"^```(.*)$", page.read_text("utf-8"), re.MULTILINE)[::2]
    assert {fence.split(" ")[0] for fence in fences} <= RUNNABLE | ILLUSTRATIVE


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_to_a_file_of_the_tree_leads_somewhere(page):
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)[^)]*\)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def from_clone_blocks() -> list[Block]:
    return [block for page in PAGES for block in blocks(page) if block.note == "from-clone"]


@pytest.mark.slow
@pytest.mark.needs_plugins
@pytest.mark.parametrize("block", from_clone_blocks(), ids=lambda block: f"{block.page.name}:{block.line}")
def test_a_command_for_a_fresh_clone_runs_in_one(block, tmp_path):
    clone = tmp_path / "clone"
    unneeded = shutil.ignore_patterns(".*", "__pycache__", "output", "tests")
    shutil.copytree(ROOT, clone, ignore=unneeded)
    venv.create(tmp_path / "venv", with_pip=True)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    environ["PATH"] = f"{tmp_path / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    check_console(block, clone, environ)


def pages_from_wheels() -> list[Path]:
    return [page for page in PAGES if any(block.note in FROM_WHEELS for block in blocks(page))]


@pytest.mark.slow
@pytest.mark.needs_plugins  # once is enough
@pytest.mark.parametrize("page", pages_from_wheels(), ids=lambda page: page.name)
def test_a_page_for_fresh_environments_runs_with_wheels_and_no_index(page, tmp_path):
    wheels = wheelhouse(tmp_path / "wheels", "pytest", "build", "flit_core")
    folder = tmp_path / "folder"
    folder.mkdir()
    environ = {**offline(wheels), "HOME": str(tmp_path), "COLUMNS": "80"}
    for block in blocks(page):
        if block.note in FROM_WHEELS:
            check_console(block, folder, environ)
        else:
            run_block(block, folder, {})


def test_ci_runs_the_command_that_the_readme_names():
    named = [
        command
        for block in blocks(ROOT / "README.md")
        if block.note == "run-by-ci"
        for command, _ in commands(block.text)
    ]
    assert named == (ROOT / ".ci" / "run").read_text("utf-8").splitlines()[-1:]
