"""`genblaze plugin new`: the package it writes is whole, passes its own tests, and is a plugin like any other."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from genblaze.capabilities import Capability
from genblaze.cli.main import cli
from genblaze.config import Config
from genblaze.hookspecs import hookimpl
from genblaze.plugins import PluginManager, set_default_plugins

TEMPLATE = Path(__file__).resolve().parents[2] / "contrib" / "template"


def new(folder, name, *options):
    return CliRunner().invoke(cli, ["plugin", "new", name, "--output-dir", str(folder), *options])


def texts(folder):
    paths = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in paths}


def test_the_skeleton_in_contrib_is_what_the_command_writes(tmp_path):
    assert new(tmp_path, "acme").exit_code == 0
    assert texts(TEMPLATE) == texts(tmp_path / "genblaze-acme"), (
        "Write it again: genblaze plugin new acme --output-dir contrib, and rename contrib/genblaze-acme to template"
    )


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


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder with a new package, and `site`, into which pip installed it."""
    root = tmp_path_factory.mktemp("new")
    assert new(root, "globex-art").exit_code == 0
    options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--target", str(root / "site")]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", *options]
    subprocess.run([*pip, str(root / "genblaze-globex-art")], check=True, timeout=120)
    return root


def python(root, *arguments):
    """What Python prints where the package is installed; it must succeed."""
    path = os.pathsep.join([str(root / "site"), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, *arguments], cwd=root, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_new_package_passes_its_own_tests(root):
    assert " passed" in python(root, "-m", "pytest", "-q", "-p", "no:cacheprovider", "genblaze-globex-art")


@pytest.mark.slow
def test_a_new_package_is_found_and_used_by_name_once_it_is_installed(root):
    document = json.loads(python(root, "-m", "genblaze", "plugins", "--json"))
    (found,) = (each for each in document["plugins"] if each["name"] == "globex-art")
    assert (found["status"], found["distribution"]) == ("loaded", "genblaze-globex-art")
    readme = (root / "genblaze-globex-art" / "README.md").read_text("utf-8")
    program = readme.partition("```python\n")[2].partition("```")[0]
    path, verified = python(root, "-c", program).split()
    assert verified == "True"
    assert "exact" in python(root, "-m", "genblaze", "verify", path)


@pytest.mark.slow
def test_breaking_the_contract_fails_the_packages_tests_with_the_rule(tmp_path):
    assert new(tmp_path, "initech").exit_code == 0
    package = tmp_path / "genblaze-initech"
    provider = package / "src" / "genblaze_initech" / "provider.py"
    provider.write_text(provider.read_text("utf-8").replace("        step.assets.append(", "        print("), "utf-8")
    environ = {**os.environ, "PYTHONPATH": str(package / "src")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_contract.py"]
    done = subprocess.run(command, cwd=package, env=environ, capture_output=True, text=True)
    assert done.returncode == 1
    assert "without any output" in done.stdout
