"""Writes the pyproject.toml of every plugin from plugins/plugins.toml and contrib/plugins.toml: one skeleton for all.

`python tools/plugin_projects.py` writes them; with `--check` it only says which are out of step (exit 1).
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
#: Folders of distributions; each has its table in a plugins.toml.
FOLDERS = ("plugins", "contrib")

SKELETON = """\
# Generated from {table}: edit that and run `python tools/plugin_projects.py`.
[build-system]
requires = ["flit_core>=3.11"]
build-backend = "flit_core.buildapi"

[project]
name = "{name}"
version = "{version}"
description = "{description}"
readme = "README.md"
license = "MIT"
license-files = ["LICENSE"]
requires-python = "{requires_python}"
classifiers = [
    "Intended Audience :: Developers",
    "Programming Language :: Python :: 3 :: Only",
    "Topic :: Multimedia",
    "Typing :: Typed",
]
dependencies = {dependencies}
"""


def toml_list(items: list[str]) -> str:
    """Writes a list of strings the way a person would: on one line when it is short."""
    line = "[" + ", ".join(f'"{item}"' for item in items) + "]"
    if len(line) <= 90:
        return line
    return "[\n" + "".join(f'    "{item}",\n' for item in items) + "]"


def toml_table(header: str, rows: dict[str, str]) -> str:
    """Writes a table whose values are TOML already; nothing at all when it is empty."""
    if not rows:
        return ""
    return f"\n[{header}]\n" + "".join(f"{key} = {value}\n" for key, value in rows.items())


def render(name: str, plugin: dict[str, Any], kernel: dict[str, Any], table: str) -> str:
    """Returns the pyproject.toml of one plugin.

    Args:
        name: The distribution's name.
        plugin: Its table in plugins.toml.
        kernel: The `[project]` table of the root, which sets the version of the whole tree.
        table: Where the plugin is described, below the root.
    """
    major = int(kernel["version"].split(".")[0])
    own = [f"{needed}>={major}.0,<{major + 1}" for needed in ["genblaze", *plugin.get("needs", [])]]
    text = SKELETON.format(
        table=table,
        name=name,
        version=kernel["version"],
        description=plugin["description"],
        requires_python=kernel["requires-python"],
        dependencies=toml_list([*own, *plugin.get("dependencies", [])]),
    )
    extras = {extra: toml_list(requirements) for extra, requirements in plugin.get("extras", {}).items()}
    points = {point: f'"{module}"' for point, module in plugin.get("entry-points", {}).items()}
    hooks = {hook: f'"{name.replace("-", "_")}"' for hook in plugin.get("hooks", [])}
    return (
        text
        + toml_table("project.optional-dependencies", extras)
        + toml_table("project.entry-points.genblaze", points)
        + toml_table('project.entry-points."genblaze.hooks"', hooks)
    )


def projects(root: Path = ROOT) -> dict[Path, str]:
    """Returns the path and the wanted text of each plugin's pyproject.toml, and of its copy of the licence."""
    kernel = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    licence = (root / "LICENSE").read_text("utf-8")  # a wheel holds only what lies in its own folder
    wanted = {}
    for folder in FOLDERS:
        for name, plugin in tomllib.loads((root / folder / "plugins.toml").read_text("utf-8")).items():
            wanted[root / folder / name / "pyproject.toml"] = render(name, plugin, kernel, f"{folder}/plugins.toml")
            wanted[root / folder / name / "LICENSE"] = licence
    return wanted


def out_of_step(root: Path = ROOT) -> list[str]:
    """Returns a line for each file that differs from the table, and for each folder the table lacks."""
    wanted = projects(root)
    lines = [
        f"{path.relative_to(root)}: differs from {path.parent.parent.name}/plugins.toml"
        for path, text in wanted.items()
        if not path.exists() or path.read_text("utf-8") != text
    ]
    known = {path.parent for path in wanted}
    lines += [
        f"{folder.relative_to(root)}: is not in {folder.parent.name}/plugins.toml"
        for folder in sorted(root.glob("*/genblaze-*/"))
        if folder not in known
    ]
    return lines


def main() -> int:
    """Writes or checks the files; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="change nothing, fail if a file is out of step")
    if parser.parse_args().check:
        lines = out_of_step()
        print("\n".join([*lines, "Run: python tools/plugin_projects.py"] if lines else ["plugins in step"]))
        return bool(lines)
    for path, text in projects().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        print("wrote", path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
