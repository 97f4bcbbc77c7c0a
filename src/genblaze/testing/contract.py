"""What every contract is: a class of rules, each a test, whose failure says which rule was broken."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, NoReturn
from unittest import SkipTest  # a skipped test for pytest, too, which need not be there

__all__ = ["Contract", "Rule", "rules_of", "skip"]

HOME = "genblaze.testing."


class Rule(NamedTuple):
    """One rule of a contract.

    Attributes:
        name: The test's name without `test_`, which `pytest -k` selects it by.
        contract: Name of the class that states it.
        text: The rule in words.
    """

    name: str
    contract: str
    text: str

    def __str__(self) -> str:
        """As a failing test tells it."""
        return f"Broken rule of {self.contract}: {self.text} [{self.name}]"


class Contract:
    """Rules as tests. Subclass one of them as `Test…`, give it your plugin, and let pytest collect it.

    A rule that is broken fails with `Broken rule of …: <the rule> [<its name>]` below what was found.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        """Let the rules that the kit states say so when they fail."""
        super().__init_subclass__(**options)
        if cls.__module__.startswith(HOME):
            for name, test in [*vars(cls).items()]:
                if name.startswith("test_"):
                    setattr(cls, name, _telling(test, _rule(cls, name, test)))


def rules_of(contract: type[Contract]) -> Iterator[Rule]:
    """The rules of a contract, those that it inherits first, each once."""
    found = {
        name: _rule(owner, name, test)
        for owner in reversed(contract.__mro__)
        for name, test in vars(owner).items()
        if name.startswith("test_")
    }
    yield from found.values()


def skip(reason: str) -> NoReturn:
    """Leave a rule out that says nothing about the plugin at hand."""
    raise SkipTest(reason)


def _rule(owner: type, name: str, test: Any) -> Rule:
    words = inspect.getdoc(test)
    text = words.splitlines()[0].rstrip(".") if words else name.removeprefix("test_").replace("_", " ")
    return Rule(name.removeprefix("test_"), owner.__name__, text)


def _telling(test: Callable[..., None], rule: Rule) -> Callable[..., None]:
    @functools.wraps(test)
    def told(*args: Any, **kwargs: Any) -> None:
        __tracebackhide__ = True
        try:
            test(*args, **kwargs)
        except SkipTest:
            raise
        except Exception as error:
            error.add_note(str(rule))
            raise

    return told
