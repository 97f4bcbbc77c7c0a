"""The contract of commands that plugins add to `genblaze`.

```python
class TestCommand(CommandContract):
    plugin = _plugin            # the module or object with the hook
    command = "acme"
```
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from genblaze.plugins import set_default_plugins
from genblaze.testing.contract import Contract
from genblaze.testing.isolated import plugins_with

if TYPE_CHECKING:
    from click.testing import Result

__all__ = ["CommandContract"]

WRONG_USAGE = 2


class CommandContract(Contract):
    """What people expect of a subcommand of `genblaze`.

    `self.invoke("--option", …)` runs it in your own tests.

    Attributes:
        plugin: Module or object with the hook `register_commands`.
        command: The subcommand's name.
    """

    plugin: ClassVar[Any]
    command: ClassVar[str]

    def test_it_takes_no_name_of_genblazes_own(self) -> None:
        from genblaze.cli.main import BUILT_IN

        assert self.command not in BUILT_IN, f"{self.command} is a command of genblaze itself, which keeps the name"

    def test_the_help_of_genblaze_lists_it_with_a_line(self) -> None:
        done = self.invoke("--help", named=False)
        lines = [line.split(None, 1) for line in done.output.splitlines() if line.startswith("  ")]
        found = next((line for line in lines if line and line[0] == self.command), None)
        assert found is not None, f"genblaze --help does not list {self.command}:\n{done.output}"
        assert len(found) > 1, f"genblaze --help has no words about {self.command}: give its function a docstring"

    def test_its_own_help_is_there(self) -> None:
        done = self.invoke("--help")
        assert done.exit_code == 0, f"--help ended with {done.exit_code}: {done.output}{done.exception!r}"
        assert "Usage: genblaze" in done.output, done.output

    def test_wrong_usage_ends_with_exit_code_2_and_says_what_is_wrong(self) -> None:
        done = self.invoke("--no-such-option-of-anybody")
        assert done.exit_code == WRONG_USAGE, f"an unknown option ended with {done.exit_code}, not {WRONG_USAGE}"
        assert "no-such-option" in done.output, done.output

    def invoke(self, *arguments: str, named: bool = True) -> Result:
        """Run `genblaze <command> …` in this process, with this plugin and genblaze's own."""
        from click.testing import CliRunner

        from genblaze.cli.main import cli

        words = [self.command, *arguments] if named else [*arguments]
        with _as_default(self.plugin):
            return CliRunner().invoke(cli, words, prog_name="genblaze")


@contextmanager
def _as_default(plugin: object) -> Iterator[None]:
    previous = set_default_plugins(plugins_with(command_at_hand=plugin))
    try:
        yield
    finally:
        set_default_plugins(previous)
