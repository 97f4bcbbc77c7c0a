"""The distributions of the tree agree with each other and with the lists that name them."""

import configparser
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from genblaze.plugins import PluginManager

ROOT = Path(__file__).resolve().parents[2]
PROJECTS = sorted([ROOT / "pyproject.toml", *ROOT.glob("*/genblaze-*/pyproject.toml")])
PLUGINS = [path.parent for path in PROJECTS if path.parent != ROOT]


def project(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))["project"]


def requirement_lines(name: str) -> list[str]:
    lines = (ROOT / name).read_text("utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def local_folders(name: str) -> set[Path]:
    """The folders that a requirements file installs, extras and `-e` left out."""
    lines = (line.removeprefix("-e").strip() for line in requirement_lines(name))
    return {(ROOT / line.partition("[")[0]).resolve() for line in lines if line.startswith(".")}


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.parent.name)
def test_every_distribution_has_the_version_of_the_tree(path):
    assert project(path)["version"] == project(ROOT / "pyproject.toml")["version"]


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.parent.name)
def test_every_own_requirement_excludes_the_published_packages_of_the_same_name(path):
    requirements = project(path).get("dependencies", [])
    own = [line for line in requirements if line.startswith("genblaze")]
    assert [line for line in own if not re.fullmatch(r"genblaze(-[a-z0-9]+)*>=1\.0,<2", line)] == []
    assert path.parent == ROOT or "genblaze>=1.0,<2" in own


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda folder: folder.name)
def test_every_plugin_package_is_typed_and_has_a_readme(folder):
    package = folder / "src" / folder.name.replace("-", "_")
    assert (package / "py.typed").is_file()
    assert (folder / "README.md").read_text("utf-8").startswith(f"# {folder.name}\n")


@pytest.mark.needs_plugins
@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.parent.name)
def test_every_distribution_lists_the_hooks_that_its_plugins_implement(path):
    records = [each for each in PluginManager().records() if each.distribution == project(path)["name"]]
    implemented = {hook.removesuffix(" (wrapper)") for record in records for hook in record.hooks} - {"provides"}
    assert set(project(path).get("entry-points", {}).get("genblaze.hooks", {})) == implemented


def test_no_distribution_is_missing_from_the_development_requirements():
    assert local_folders("requirements-dev.txt") == {path.parent for path in PROJECTS}


def test_the_requirements_of_a_user_are_the_kernel_and_the_first_party_plugins():
    contrib = set(ROOT.glob("contrib/*"))
    assert local_folders("requirements.txt") == {path.parent for path in PROJECTS} - contrib


def test_development_requirements_are_all_editable():
    bare = [line for line in requirement_lines("requirements-dev.txt") if line.startswith(".")]
    assert bare == []


def test_plugin_projects_are_what_the_table_says():
    tool = ROOT / "tools" / "plugin_projects.py"
    done = subprocess.run([sys.executable, tool, "--check"], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "plugins in step")


def test_the_oldest_dependencies_that_are_allowed_are_the_ones_tested():
    floors = [line.replace(">=", "==") + ".*" for line in project(ROOT / "pyproject.toml")["dependencies"]]
    tox = configparser.ConfigParser()
    tox.read(ROOT / "tox.ini", "utf-8")
    pinned = [line for line in tox["testenv:lowest"]["deps"].split() if "==" in line]
    assert pinned == floors


def test_there_is_an_extra_for_every_distribution():
    extras = {folder.name.removeprefix("genblaze-"): [f"{folder.name}>=1.0,<2"] for folder in PLUGINS}
    assert project(ROOT / "pyproject.toml")["optional-dependencies"] == dict(sorted(extras.items()))
