"""The entry points of installed distributions, read from the files that every installer leaves.

`importlib.metadata` gives the same. To import it takes longer than all that is done here, at every start of the command
line; so only what lies in an archive is left to it.
"""

from __future__ import annotations

import os
import re
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

__all__ = ["HOOKS_GROUP", "NATIVE_GROUP", "PUBLISHED_GROUP", "Claim", "find_claims", "normal_name"]

NATIVE_GROUP: Final = "genblaze"
PUBLISHED_GROUP: Final = "genblaze.providers"
HOOKS_GROUP: Final = "genblaze.hooks"
"""Here a distribution may list the hooks that its plugins implement, so that they are loaded for no other."""


class Claim(NamedTuple):
    """One entry point: a distribution says that it has a plugin of this name.

    Attributes:
        value: Where the plugin is, as `module` or `module:attribute`.
        hooks: The hooks that the distribution lists; None where it lists none, so that the plugin may have any.
    """

    name: str
    value: str
    group: str
    distribution: str
    version: str
    hooks: frozenset[str] | None = None

    def load(self) -> Any:
        """Import the plugin."""
        module, _, attribute = self.value.partition("[")[0].partition(":")
        found: Any = import_module(module.strip())
        for part in filter(None, attribute.strip().split(".")):
            found = getattr(found, part)
        return found


def find_claims(*groups: str) -> list[Claim]:
    """All entry points of these groups on `sys.path`, those of plugins unless named; nothing is imported.

    Where a distribution is installed twice the one that comes first on the path counts.
    """
    groups = groups or (NATIVE_GROUP, PUBLISHED_GROUP)
    seen: set[str] = set()
    found: list[Claim] = []
    for place in sys.path:
        for name, read in _distributions(place or "."):
            if name not in seen:
                seen.add(name)
                found += _claims(name, read, groups)
    return found


def normal_name(name: str) -> str:
    """Names as package indexes compare them: `Foo_Bar` is `foo-bar`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _distributions(place: str) -> Iterator[tuple[str, Callable[[str], str | None]]]:
    """Name of each distribution in a folder or an archive, and what reads a file of its metadata."""
    try:
        names = sorted(os.listdir(place))
    except NotADirectoryError:
        yield from _archived(place)
    except OSError:
        return
    else:
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                yield normal_name(name.rpartition(".")[0].partition("-")[0]), _Folder(os.path.join(place, name)).read


def _archived(place: str) -> Iterator[tuple[str, Callable[[str], str | None]]]:
    from importlib.metadata import distributions

    for each in distributions(path=[place]):
        yield normal_name(each.name), each.read_text


class _Folder(NamedTuple):
    """The metadata of a distribution that is installed, or was developed, in a folder."""

    path: str

    def read(self, name: str) -> str | None:
        """Text of a file; None where there is no such file."""
        try:
            with open(os.path.join(self.path, name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            return None


def _claims(name: str, read: Callable[[str], str | None], groups: Collection[str]) -> Iterator[Claim]:
    text = read("entry_points.txt") or ""
    if not any(f"[{group}]" in text for group in groups):
        return
    stated, version = _identity(read("METADATA") or read("PKG-INFO") or "")
    entries = list(_entries(text))
    hooks = frozenset(key for group, key, _ in entries if group == HOOKS_GROUP) or None
    for group, key, value in entries:
        if group in groups:
            implemented = frozenset({"generate"}) if group == PUBLISHED_GROUP else hooks
            yield Claim(key, value, group, stated or name, version or "?", implemented)


def _entries(text: str) -> Iterator[tuple[str, str, str]]:
    """Group, name and value of each entry point in a file of them."""
    group = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            group = line.strip("[]")
        elif "=" in line and not line.startswith("#"):
            key, _, value = map(str.strip, line.partition("="))
            yield group, key, value


def _identity(metadata: str) -> tuple[str | None, str | None]:
    """Name and version of a distribution, which stand in the head of its metadata."""
    head = metadata.split("\n\n", 1)[0].splitlines()
    stated = dict(line.split(": ", 1) for line in head if line.startswith(("Name: ", "Version: ")))
    return stated.get("Name"), stated.get("Version")
