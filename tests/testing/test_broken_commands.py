"""Each rule for commands, broken once on purpose: it fails, and says which rule it is."""

import click
import pytest
from broken_rules import complaint_of, own_rules

from genblaze.hookspecs import hookimpl
from genblaze.testing import CommandContract


def adding(command):
    class Plugin:
        @hookimpl
        def register_commands(self, cli):
            cli.add_command(command)

    return Plugin()


@click.command("count", short_help="Count files.")
def count():
    """Count files."""


@click.command("count")
def wordless():
    pass


@click.command("count", add_help_option=False, short_help="Count files.")
def helpless():
    """Count files."""


@click.command("count", short_help="Count files.", context_settings={"ignore_unknown_options": True})
@click.argument("rest", nargs=-1)
def greedy(rest):
    """Count files."""


class TestCount(CommandContract):
    plugin = adding(count)
    command = "count"


BROKEN = {
    "it_takes_no_name_of_genblazes_own": (count, "verify", "verify is a command of genblaze itself"),
    "the_help_of_genblaze_lists_it_with_a_line": (wordless, "count", "has no words about count"),
    "its_own_help_is_there": (helpless, "count", "--help ended with 2"),
    "wrong_usage_ends_with_exit_code_2_and_says_what_is_wrong": (greedy, "count", "ended with 0, not 2"),
}


def test_every_rule_is_broken_once():
    assert list(BROKEN) == own_rules(CommandContract)


@pytest.mark.parametrize("rule", BROKEN)
def test_breaking_a_rule_of_commands_says_which(rule, tmp_path):
    command, name, complaint = BROKEN[rule]
    contract = type("Checked", (CommandContract,), {"plugin": adding(command), "command": name})
    assert complaint in complaint_of(contract, rule, tmp_path)
