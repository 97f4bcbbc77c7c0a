"""`genblaze plugin new`: the package it writes is whole, passes its own tests, and is a plugin like any other."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner
from wheelhouse import ROOT, fresh_environment, wheelhouse

from genblaze.capabilities import Capability
from genblaze.cli.main import cli
from genblaze.cli.plugin import KINDS
from genblaze.config import Config
from genblaze.hookspecs import hookimpl
from genblaze.plugins import PluginManager, set_default_plugins

TEMPLATE = ROOT / "contrib" / "template"
SKELETONS = {
    "provider": "acme",
    "vendor": "acme-api",
    "embedder": "acme-format",
    "store": "acme-box",
    "tracer": "acme-watch",
    "evaluator": "acme-variety",
    "command": "acme-prompts",
}
"""The name that each kind's skeleton was written for."""


def new(folder, name, *options):
    return CliRunner().invoke(cli, ["plugin", "new", name, "--output-dir", str(folder), *options])


def texts(folder):
    paths = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in paths}


@pytest.mark.parametrize(("kind", "name"), SKELETONS.items())
def test_the_skeleton_in_contrib_is_what_the_command_writes(tmp_path, kind, name):
    assert new(tmp_path, name, "--kind", kind).exit_code == 0
    written = tmp_path / f"genblaze-{name}"
    if os.environ.get("WRITE_TEMPLATE"):
        shutil.rmtree(TEMPLATE / kind, ignore_errors=True)
        shutil.copytree(written, TEMPLATE / kind)
    assert texts(TEMPLATE / kind) == texts(written), (
        "Write it again: WRITE_TEMPLATE=1 pytest tests/cli/test_plugin_new.py"
    )


def test_there_is_a_skeleton_of_every_kind():
    assert set(SKELETONS) == set(KINDS)
    assert {path.name for path in TEMPLATE.iterdir() if path.is_dir()} == set(KINDS)


@pytest.mark.parametrize("name", ["acme-images", "genblaze-acme-images"])
def test_a_name_of_several_words_becomes_a_distribution_a_package_and_a_class(tmp_path, name):
    assert new(tmp_path, name).exit_code == 0
    written = texts(tmp_path / "genblaze-acme-images")
    assert 'acme-images = "genblaze_acme_images._plugin"' in written["pyproject.toml"]
    assert "class AcmeImagesProvider(" in written["src/genblaze_acme_images/provider.py"]


@pytest.mark.parametrize("name", ["Acme", "acme_images", "4acme", "acme-", "../acme", "genblaze-", "a\nb", ""])
def test_a_name_that_pip_or_python_would_not_take_is_refused_and_nothing_is_written(tmp_path, name):
    done = new(tmp_path, name)
    assert done.exit_code == 2
    assert "like acme-images" in done.output
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path):
    (tmp_path / "genblaze-acme").mkdir()
    (tmp_path / "genblaze-acme" / "mine").write_text("precious", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "genblaze", "plugin", "new", "acme"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "Error: genblaze-acme is there already" in done.stderr
    assert texts(tmp_path) == {"genblaze-acme/mine": "precious"}


class Taken:
    @hookimpl
    def provides(self):
        return [Capability(hook="generate", key="globex-art", summary="Pictures", aliases=("globex",))]

    @hookimpl
    def generate(self, request):
        return None


@pytest.mark.parametrize("name", ["house-of-globex", "globex-art", "globex"])
def test_the_name_of_an_installed_plugin_or_of_what_it_provides_is_refused(tmp_path, name):
    plugins = PluginManager(Config(), autoload=False)
    plugins.register(Taken(), name="house-of-globex")
    previous = set_default_plugins(plugins)
    try:
        done = new(tmp_path, name)
    finally:
        set_default_plugins(previous)
    assert f"{name} is taken by the installed plugin house-of-globex" in str(done.exception)
    assert list(tmp_path.iterdir()) == []


def in_fresh_environment(test):
    return pytest.mark.slow(pytest.mark.needs_plugins(test))


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A folder with a new package of every kind, and a fresh environment with their wheels and no other plugin."""
    root = tmp_path_factory.mktemp("new")
    for kind in KINDS:
        assert new(root, f"globex-{kind}", "--kind", kind).exit_code == 0
    packages = sorted(root.glob("genblaze-*"))
    projects = (ROOT, ROOT / "plugins" / "genblaze-http", *packages)
    wheels = wheelhouse(root / "wheels", "pytest", "httpx", projects=projects)
    environ = fresh_environment(root / "venv", wheels)
    run(root, environ, "pip", "install", "--quiet", *(f"{package.name}[test]" for package in packages))
    return root, environ


def run(folder, environ, *command):
    """What a command prints; it must succeed."""
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@in_fresh_environment
def test_a_new_package_of_each_kind_passes_its_own_tests_where_its_wheel_is_installed(fresh):
    root, environ = fresh
    folders = [f"genblaze-globex-{kind}/tests" for kind in KINDS]
    options = ["-q", "-p", "no:cacheprovider", "-W", "error", "--import-mode=importlib"]
    told = run(root, environ, "python", "-m", "pytest", *options, *folders)
    assert " passed" in told
    assert "failed" not in told


@in_fresh_environment
def test_a_new_package_of_each_kind_is_found_once_its_wheel_is_installed(fresh):
    root, environ = fresh
    document = json.loads(run(root, environ, "genblaze", "plugins", "--json"))
    found = {each["name"]: (each["status"], each["distribution"]) for each in document["plugins"]}
    for kind in KINDS:
        assert found[f"globex-{kind}"] == ("loaded", f"genblaze-globex-{kind}")
    assert "globex-command" in run(root, environ, "genblaze", "--help")


@in_fresh_environment
@pytest.mark.parametrize("kind", ["provider", "vendor", "store", "evaluator"])
def test_the_program_in_the_readme_of_a_new_package_runs(fresh, kind):
    root, environ = fresh
    readme = (root / f"genblaze-globex-{kind}" / "README.md").read_text("utf-8")
    program = readme.partition("```python\n")[2].partition("```")[0]
    assert run(root, environ, "python", "-c", program)


@in_fresh_environment
def test_a_new_provider_is_used_by_name_and_its_file_verifies(fresh):
    root, environ = fresh
    program = (
        "from genblaze import Pipeline\n"
        "result = Pipeline('p').step('globex-provider', model='m', prompt='a red fox').run()\n"
        "print(result.local_path(result.assets[0]))"
    )
    path = run(root, environ, "python", "-c", program).strip()
    assert "exact" in run(root, environ, "genblaze", "verify", path)
