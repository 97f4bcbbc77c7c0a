"""The import contracts in pyproject.toml cover every package of the tree, and the documentation shows them."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
PACKAGES = {path.parent.name for path in ROOT.glob("*/genblaze-*/src/*/__init__.py")}
FACADE = "genblaze_core"
SHARED = "genblaze_http"
KERNEL = ROOT / "src" / "genblaze"
PAGE = ROOT / "docs" / "explanation" / "architecture.md"
# What plugins may import; the rest of the kernel is its own business.
PUBLIC = {
    "atomic",
    "canonical",
    "capabilities",
    "catalogue",
    "config",
    "data_urls",
    "errors",
    "file_urls",
    "hookspecs",
    "jobs",
    "layout",
    "lazy",
    "mocks",
    "models",
    "pricing",
    "providers",
    "retry",
    "storing",
    "sync",
    "testing",
    "tracing",
}


def contract(start: str) -> dict:
    (found,) = [each for each in LINTER["contracts"] if each["name"].startswith(start)]
    return found


def test_every_package_is_under_contract():
    assert set(LINTER["root_packages"]) == {"genblaze", *PACKAGES}
    assert set(contract("No modules import each other")["ancestors"]) == {"genblaze", *PACKAGES}


def test_the_kernel_may_import_no_package_of_the_tree():
    assert set(contract("The kernel knows no plugin")["forbidden_modules"]) >= PACKAGES


def test_every_plugin_is_independent_of_the_others():
    assert set(contract("Plugins are independent")["modules"]) == PACKAGES - {FACADE, SHARED}


def test_every_plugin_keeps_to_the_public_kernel():
    modules = {path.stem for path in KERNEL.iterdir() if path.suffix == ".py" or path.is_dir()}
    private = {f"genblaze.{name}" for name in modules - PUBLIC - {"__init__", "__main__", "__pycache__"}}
    rule = contract("Plugins see only")
    assert set(rule["source_modules"]) == PACKAGES - {FACADE}
    assert set(rule["forbidden_modules"]) == private


def test_the_page_of_the_architecture_shows_every_layer():
    layers = [set(re.findall(r"\w+", layer)) for layer in contract("A module of the kernel")["layers"]]
    shown = PAGE.read_text(encoding="utf-8").split("```text\n")[1].split("```")[0]
    rows = [re.split(r" {2,}", row)[0] for row in shown.replace(",\n", ", ").splitlines()]
    assert [set(re.findall(r"\w+", row)) for row in rows] == layers
