"""Writes the façade package genblaze_core from plugins/genblaze-core/published_names.txt.

Each published submodule becomes a plain re-export, which type checkers and editors follow; the package itself resolves
its names at first use, and so does a submodule those of plugins. `python tools/facade.py` writes the files; with
`--check` it only says which are out of step (exit 1).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tomllib
from collections import defaultdict
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

PLUGINS = Path(__file__).resolve().parent.parent / "plugins"
FACADE = PLUGINS / "genblaze-core"
PACKAGE = "genblaze_core"
ABSENT = "-"

SUBMODULE = '''\
"""A published import path. Generated from published_names.txt by tools/facade.py."""

from typing import TYPE_CHECKING

{imports}

__all__: list[str] = {names}

if not TYPE_CHECKING:  # published programs import many a name from where it was merely used
    from genblaze_core import __getattr__ as __getattr__
'''

LATE = '''\
"""A published import path. Generated from published_names.txt by tools/facade.py."""

from importlib import import_module
from typing import TYPE_CHECKING

{imports}

if TYPE_CHECKING:
{late}

__all__: list[str] = {names}

_HOMES = {homes}

if not TYPE_CHECKING:  # as in the package itself

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            from genblaze_core import __getattr__ as published

            return published(name)
        try:
            return getattr(import_module(_HOMES[name]), name)
        except ModuleNotFoundError as error:
            distribution = _HOMES[name].partition(".")[0].replace("_", "-")
            msg = f"{{name}} is part of {{distribution}}, which is not installed. Run: pip install {{distribution}}"
            raise ImportError(msg, name=_HOMES[name]) from error
'''

TOP = '''\
"""genblaze under the import name of the published package: re-exports, resolved at first use.

Generated from published_names.txt by tools/facade.py.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
{imports}

    __version__: str

__all__ = {names}

_HOMES = {homes}
_SUBMODULES = frozenset({submodules})

if not TYPE_CHECKING:  # a type checker shall see the imports above, and report any other name

    def __getattr__(name: str) -> object:
        if name == "__version__":
            from importlib.metadata import version

            value = version("genblaze-core")
        elif name in _HOMES:
            value = getattr(import_module(_HOMES[name]), name)
        elif name in _SUBMODULES:
            return import_module(f"{{__name__}}.{{name}}")
        else:
            msg = f"module {{__name__!r}} has no attribute {{name!r}}"
            raise AttributeError(msg)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({{*__all__, *_SUBMODULES}})
'''


class PublishedName(NamedTuple):
    """One line of the table: a name, the module that defines it here, and its published modules."""

    name: str
    home: str
    modules: tuple[str, ...]

    @property
    def late(self) -> bool:
        """Whether it is part of a plugin, and resolved at first use: plugins may import what is heavy."""
        return not self.home.startswith("genblaze.")

    @property
    def optional(self) -> bool:
        """Whether it is part of a distribution that genblaze-core does not install."""
        return self.home.partition(".")[0].replace("_", "-") not in installed()

    @property
    def imported(self) -> str:
        """What an import names: `X as X` where no `__all__` says that it is for others."""
        return f"{self.name} as {self.name}" if self.optional else self.name

    @property
    def paths(self) -> tuple[str, ...]:
        """The published modules with `genblaze_core` in front."""
        return tuple(PACKAGE if module == "." else f"{PACKAGE}.{module}" for module in self.modules)


@lru_cache
def installed() -> frozenset[str]:
    """The distributions that come with genblaze-core, and itself."""
    table = tomllib.loads((PLUGINS / "plugins.toml").read_text("utf-8"))
    return frozenset({"genblaze", "genblaze-core", *table["genblaze-core"]["needs"]})


def read_names(facade: Path = FACADE) -> list[PublishedName]:
    """Reads the table, in its order."""
    lines = (facade / "published_names.txt").read_text("utf-8").splitlines()
    rows = (line.split() for line in lines if line and not line.startswith("#"))
    return [PublishedName(name, home, tuple(modules)) for name, home, *modules in rows]


def import_lines(names: list[PublishedName], indent: str = "") -> str:
    """Returns one import statement for each home, both sorted as ruff sorts them."""
    by_home: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        by_home[name.home].append(name.imported)
    return "\n".join(f"{indent}from {home} import {', '.join(by_home[home])}" for home in sorted(by_home))


def render(names: list[PublishedName]) -> dict[str, str]:
    """Returns the unformatted text of every module, by its name below the package (`.` is the package)."""
    by_module: defaultdict[str, list[PublishedName]] = defaultdict(list)
    for name in names:
        if name.home != ABSENT:
            for module in name.modules:
                by_module[module].append(name)
    for module in list(by_module):  # every package on the way needs a file, if only an empty shell
        parts = module.split(".")
        for depth in range(1, len(parts)):
            by_module.setdefault(".".join(parts[:depth]), [])
    top = by_module.pop(".", [])
    texts = {module: submodule(exported) for module, exported in by_module.items() if module}
    texts["."] = TOP.format(
        imports=import_lines(top, indent="    "),
        names=sorted(["__version__", *(name.name for name in top if not name.optional)]),
        # Names that are published further below are found here, too: submodules ask here for what they merely use.
        # Where an optional name is published, it says what to install.
        homes={name.name: name.paths[-1] if name.optional else name.home for name in sorted([*names, *top])},
        submodules=sorted({module.split(".")[0] for module in texts}),
    )
    return texts


def submodule(exported: list[PublishedName]) -> str:
    """Returns the unformatted text of one published module."""
    imports = import_lines([name for name in exported if not name.late])
    names = sorted(name.name for name in exported if not name.optional)
    late = [name for name in exported if name.late]
    if not late:
        return SUBMODULE.format(imports=imports, names=names)
    homes = {name.name: name.home for name in late}
    return LATE.format(imports=imports, names=names, homes=homes, late=import_lines(late, indent="    "))


def formatted(text: str) -> str:
    """Returns the text as ruff sorts and formats it."""
    for command in (["check", "--select=I,RUF022", "--fix-only", "--quiet"], ["format", "--quiet"]):
        run = [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(FACADE / "src" / "x.py"), "-"]
        text = subprocess.run(run, input=text, capture_output=True, text=True, check=True).stdout  # noqa: S603
    return text


def wanted_files(facade: Path = FACADE) -> dict[Path, str]:
    """Returns the path and the text of every generated file."""
    texts = render(read_names(facade))
    package = facade / "src" / PACKAGE
    packages = {module.rpartition(".")[0] for module in texts}
    files = {}
    for module, text in texts.items():
        folder = package if module == "." else package.joinpath(*module.split("."))
        path = folder / "__init__.py" if module == "." or module in packages else folder.with_suffix(".py")
        files[path] = formatted(text)
    return files


def main() -> int:
    """Writes or checks the files; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="change nothing, fail if a file is out of step")
    check = parser.parse_args().check
    wanted = wanted_files()
    present = set((FACADE / "src" / PACKAGE).rglob("*.py"))
    stale = sorted(present - set(wanted))
    changed = [path for path, text in wanted.items() if path not in present or path.read_text("utf-8") != text]
    for path in [*stale, *changed]:
        print("out of step:" if check else "wrote" if path in wanted else "removed", path.relative_to(FACADE))
    if check:
        print("Run: python tools/facade.py" if stale or changed else "façade in step")
        return bool(stale or changed)
    for path in stale:
        path.unlink()
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
