"""Packages whose names load their modules at first use, so that importing a plugin costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from genblaze.lazy import loads_at_first_use


def lazy_names(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The `__getattr__` and `__dir__` of a package.

    Args:
        package: Its `__name__`.
        homes: Each public name, and the module of the package that holds it.
    """
    names: dict[str, str] = {}
    for name, module in homes.items():
        home = f"{package}.{module}"
        names[home] = f"{names.get(home, '')} {name}"
    load, listed, _ = loads_at_first_use(package, names)
    return load, listed
