"""Builds the documentation as a site in build/site, strictly: a warning, a dead link or a dead anchor fails it.

The pages are those of docs/, the READMEs of the distributions, and a reference of the public names out of their
docstrings. They are copied to build/docs, where links between them fit the site, and links to other files of the tree
are text. Links to elsewhere are printed, not fetched.

`pip install -r requirements-docs.txt && python tools/site.py`; `tox -e docs` does both.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from os.path import relpath
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STAGE = ROOT / "build" / "docs"
SECTIONS = {"Tutorials": "tutorial*.md", "How-to guides": "how-to/*.md", "Explanation": "explanation/*.md"}
REFERENCE = "reference/*.md"
#: Packages whose public names load at first use, and say for type checkers where they live.
PACKAGES = (
    "src/genblaze/__init__.py",
    "src/genblaze/testing/__init__.py",
    "plugins/genblaze-http/src/genblaze_http/__init__.py",
)
#: Public modules whose names stand in no package.
WHOLE = ("genblaze.catalogue", "genblaze.layout", "genblaze.pricing")
SITE = {
    "site_name": "genblaze",
    "docs_dir": "docs",
    "site_dir": "site",
    "theme": {
        "font": False,  # nothing is asked of anybody
        "features": [
            "content.code.copy",
            "navigation.indexes",
            "navigation.sections",
            "navigation.top",
            "navigation.footer",
        ],
        "palette": [
            {"media": "(prefers-color-scheme: light)", "scheme": "default"},
            {"media": "(prefers-color-scheme: dark)", "scheme": "slate"},
        ],
    },
    "markdown_extensions": [
        "attr_list",
        "md_in_html",
        "tables",
        {"toc": {"permalink": True}},
        "pymdownx.highlight",
        "pymdownx.superfences",
    ],
    "plugins": [
        "search",
        {
            "mkdocstrings": {
                "handlers": {
                    "python": {
                        "paths": [str(ROOT / "src"), str(ROOT / "plugins" / "genblaze-http" / "src")],
                        "options": {
                            "docstring_style": "google",
                            "show_root_heading": True,
                            "show_root_full_path": False,
                            "show_source": False,
                            "separate_signature": True,
                            "show_signature_annotations": True,
                            "members_order": "source",
                            "heading_level": 2,
                        },
                    }
                }
            }
        },
    ],
}
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\]|!\[[^\]]*\]\([^)]*\))*)\]\(([^)\s]+)\)")
FENCE = re.compile(r"^(```\w+) (?:file=(\S+)|\S+)$", re.MULTILINE)
CODE = re.compile(r"(^```.*?^```$|`[^`\n]+`)", re.MULTILINE | re.DOTALL)


def sources() -> dict[Path, str]:
    """Returns the files of the tree that become part of the site, each with its place there."""
    placed = {path: str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*") if path.is_file()}
    placed |= {path: f"distributions/{path.parent.name}.md" for path in ROOT.glob("*/genblaze-*/README.md")}
    placed |= {path: f"template/{path.parent.name}.md" for path in ROOT.glob("contrib/template/*/README.md")}
    named = {"contrib/template/README.md": "template/index.md", "benchmarks/README.md": "benchmarks.md"}
    named |= {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
    return placed | {ROOT / path: place for path, place in named.items()}


class Pages:
    """Rewrites pages for the site.

    Attributes:
        placed: Each source with its place.
        elsewhere: The addresses that pages link to outside the tree.
    """

    def __init__(self, placed: dict[Path, str]) -> None:
        self.placed = {**placed, ROOT / "README.md": "index.md"}
        self.elsewhere: set[str] = set()

    def rewritten(self, page: Path, text: str) -> str:
        """Returns a page whose links fit the site, and whose blocks have titles in place of notes for the tests."""
        parts = CODE.split(text)
        parts[::2] = [LINK.sub(lambda match: self._link(page, *match.groups()), part) for part in parts[::2]]
        return FENCE.sub(lambda match: f'{match[1]} title="{match[2]}"' if match[2] else match[1], "".join(parts))

    def _link(self, page: Path, image: str, text: str, target: str) -> str:
        text = LINK.sub(lambda match: self._link(page, *match.groups()), text)
        if re.match(r"\w+:", target):
            self.elsewhere.add(target)
            return f"{image}[{text}]({target})"
        path, mark, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        if found not in self.placed:
            return text if found.exists() else f"{image}[{text}]({target})"  # a dead link stays, to be complained about
        here = Path(self.placed[page]).parent
        return f"{image}[{text}]({relpath(self.placed[found], here)}{mark}{anchor})"


def public_names() -> dict[str, list[str]]:
    """Returns public names by the module that they live in, read without importing anything."""
    homes: dict[str, list[str]] = {module: [] for module in WHOLE}
    for package in PACKAGES:
        tree = ast.parse((ROOT / package).read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and any(alias.asname for alias in node.names):
                homes.setdefault(str(node.module), []).extend(alias.name for alias in node.names)
    return {module: sorted(names) for module, names in sorted(homes.items())}


def api_pages() -> Iterator[tuple[str, str]]:
    """Yields the place and the text of each page of the reference of names."""
    for module, names in public_names().items():
        listed = "\n\n".join(f"::: {name}" for name in [f"{module}.{name}" for name in names] or [module])
        yield f"api/{module}.md", f"# {module}\n\n{listed}\n"


def title_of(place: str) -> str:
    """Returns the title of a staged page."""
    found = re.search(r"^# (.+)$", (STAGE / place).read_text("utf-8"), re.MULTILINE)
    return found[1] if found else place


def navigation() -> list[Any]:
    """Returns the four kinds of documentation in their order, and what belongs to each."""

    def listed(pattern: str) -> list[str]:
        return sorted((str(path.relative_to(STAGE)) for path in STAGE.glob(pattern)), key=title_of)

    tutorials, guides, explanation = ({title: listed(pattern)} for title, pattern in SECTIONS.items())
    reference = [*listed(REFERENCE), {"Distributions": listed("distributions/*.md")}, {"Names": listed("api/*.md")}]
    template = ["template/index.md", *(place for place in listed("template/*.md") if not place.endswith("index.md"))]
    project = ["contributing.md", "benchmarks.md", "changelog.md", {"Skeletons of plugins": template}]
    return ["index.md", tutorials, guides, {"Reference": reference}, explanation, {"Project": project}]


def stage() -> Pages:
    """Writes the pages and the configuration of the site."""
    placed = sources()
    pages = Pages(placed)
    shutil.rmtree(STAGE.parent, ignore_errors=True)
    for path, place in placed.items():
        target = STAGE / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".md":
            target.write_text(pages.rewritten(path, path.read_text("utf-8")), "utf-8")
        else:
            shutil.copy(path, target)
    (STAGE / "api").mkdir()
    for place, text in api_pages():
        (STAGE / place).write_text(text, "utf-8")
    settings = {**SITE, "nav": navigation()}
    (STAGE.parent / "mkdocs.yml").write_text(json.dumps(settings, indent=1), "utf-8")  # JSON is YAML, too
    return pages


def main() -> int:
    """Builds the site; returns the exit code."""
    pages = stage()
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict", "--config-file", "mkdocs.yml"]
    done = subprocess.run(command, cwd=STAGE.parent, check=False)  # noqa: S603
    print("Links to elsewhere, not fetched:", *sorted(pages.elsewhere), sep="\n  ")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
