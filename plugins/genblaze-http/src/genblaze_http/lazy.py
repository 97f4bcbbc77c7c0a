"""Packages whose names load their modules at first use, so that importing a plugin costs nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import ModuleType
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


class _Called(ModuleType):
    def __call__(self, *args: Any, **keywords: Any) -> Any:
        return getattr(self, self.__name__.rpartition(".")[2])(*args, **keywords)


def callable_module(module: str) -> None:
    """Let a module be called as its function of the same name.

    A package that offers both under one name holds whichever was imported last; programs call it in either case.

    Args:
        module: Its `__name__`.
    """
    sys.modules[module].__class__ = _Called
