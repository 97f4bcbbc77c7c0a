"""Packages whose names load their module at first use, so that importing the package costs next to nothing."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    _Load = Callable[[str], Any]
    _Dir = Callable[[], list[str]]

__all__ = ["loads_at_first_use"]


def loads_at_first_use(package: str, homes: Mapping[str, str]) -> tuple[_Load, _Dir, list[str]]:
    """Make what such a package needs.

    Args:
        package: Its `__name__`.
        homes: For each module the names that come from it, separated by spaces.

    Returns:
        The package's `__getattr__`, `__dir__` and `__all__`.
    """
    home_of = {name: module for module, names in homes.items() for name in names.split()}

    def load(name: str) -> Any:
        if name not in home_of:
            msg = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(msg)
        value = getattr(import_module(home_of[name]), name)
        setattr(import_module(package), name, value)
        return value

    public = sorted(home_of)
    return load, lambda: public, public
