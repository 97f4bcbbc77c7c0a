"""`genblaze plugins`, and what every command has in common: lazy, clean errors, plugins' own commands."""

import json
import logging
import subprocess
import sys
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner

from genblaze.capabilities import Capability
from genblaze.cli.main import BUILT_IN, cli, run
from genblaze.cli.plugins import command
from genblaze.config import Config
from genblaze.errors import GenblazeError
from genblaze.hookspecs import hookimpl
from genblaze.plugins import PluginManager, set_default_plugins


def speed_of(params):
    """What a provider is asked when planning."""


class Provider:
    @hookimpl
    def provides(self):
        look = {"aliases": ("ac",), "priority": 3, "check": speed_of}
        return [Capability(hook="generate", key="acme", summary="Acme images", **look)]

    @hookimpl
    def generate(self, request):
        return None

    @hookimpl
    def register_commands(self, cli):
        @cli.command()
        def hello():
            """Say hello."""
            click.echo("hello from acme")

        @cli.command("fail")
        def fail():
            raise GenblazeError("it went wrong\nbadly")

        @cli.command("interrupt")
        def interrupt():
            raise KeyboardInterrupt

        @cli.command("verify")
        def verify():
            """Not the real one."""


class Installed(SimpleNamespace):
    def load(self):
        if isinstance(self.target, Exception):
            raise self.target
        return self.target


@pytest.fixture
def installed(monkeypatch):
    """Two plugins are installed: a good one and a broken one."""

    def claims():
        found = {"acme": Provider(), "broken": ImportError("no module named broken_sdk")}
        return [
            Installed(
                name=name, group="genblaze", distribution=f"genblaze-{name}", version="0.3", target=target, hooks=None
            )
            for name, target in found.items()
        ]

    monkeypatch.setattr("genblaze.plugins.claims.find_claims", claims)
    previous = set_default_plugins(PluginManager(Config()))
    yield
    set_default_plugins(previous)


def test_the_list_shows_distribution_version_hooks_keys_choice_and_failure(installed):
    output = CliRunner().invoke(cli, ["plugins"]).output
    assert "acme    genblaze-acme 0.3    loaded   generate, register_commands" in output
    assert "generate acme (also: ac; priority 3)  Acme images" in output
    assert "broken  genblaze-broken 0.3  failed" in output
    assert "ImportError: no module named broken_sdk" in output
    assert "generate  acme  acme: only one" in output


def test_the_json_has_the_same_facts_and_nothing_else_on_stdout(installed):
    document = json.loads(CliRunner().invoke(cli, ["plugins", "--json"]).stdout)
    acme, broken = document["plugins"]
    assert (acme["name"], acme["distribution"], acme["version"]) == ("acme", "genblaze-acme", "0.3")
    assert (acme["hooks"][0], acme["capabilities"][0]["key"]) == ("generate", "acme")
    assert acme["capabilities"][0]["check"].endswith(":speed_of")
    assert (broken["status"], broken["error"]) == ("failed", "ImportError: no module named broken_sdk")
    assert document["selected"] == [{"hook": "generate", "key": "acme", "plugin": "acme", "reason": "only one"}]


def test_disable_leaves_a_plugin_out_for_this_command_only(installed):
    for name in ("acme", "genblaze-acme"):
        output = CliRunner().invoke(cli, ["--disable", name, "plugins"]).output
        assert "blocked" in output
        assert "Selected (0)" in output
    assert "blocked" not in CliRunner().invoke(cli, ["plugins"]).output


def test_disable_also_takes_away_the_plugins_commands(installed):
    assert CliRunner().invoke(cli, ["hello"]).stdout == "hello from acme\n"
    assert "No such command 'hello'" in CliRunner().invoke(cli, ["--disable", "acme", "hello"]).output


def test_help_lists_our_commands_and_those_of_plugins(installed):
    output = CliRunner().invoke(cli, ["--help"]).output
    assert all(f"  {name} " in output for name in BUILT_IN)
    assert "hello" in output
    assert "Say hello." in output


def test_a_plugin_cannot_take_the_place_of_a_command_of_ours(installed):
    output = CliRunner().invoke(cli, ["--help"]).output
    assert "Not the real one" not in output
    assert output.count("  verify ") == 1


def test_the_table_of_commands_has_the_help_of_the_command_itself():
    assert BUILT_IN["plugins"].help == command.short_help


def test_an_error_is_one_text_on_stderr_without_traceback(installed, capsys):
    assert run(["fail"]) == 1
    output = capsys.readouterr()
    assert output.err.endswith("Error: it went wrong\nbadly\n")
    assert "Traceback" not in output.err
    assert output.out == ""


def test_warnings_reach_stderr_and_logging_is_left_as_it_was(installed, capsys, caplog):
    assert run(["plugins"]) == 0
    assert capsys.readouterr().err.startswith("WARNING: Plugin broken (genblaze-broken 0.3) is not available")
    logging.getLogger("genblaze.plugins").warning("after the command")
    assert caplog.messages == ["after the command"]


def test_an_interrupt_exits_with_130_and_no_traceback(installed, capsys):
    assert run(["interrupt"]) == 130
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["nonsense"], ["plugins", "--nonsense"]])
def test_wrong_usage_exits_with_2(installed, arguments, capsys):
    assert run(arguments) == 2
    assert "nonsense" in capsys.readouterr().err


def test_broken_settings_are_told_by_commands_and_do_not_take_help_away(monkeypatch, tmp_path, capsys):
    (tmp_path / "genblaze.toml").write_text("nonsense = 1")
    monkeypatch.chdir(tmp_path)
    previous = set_default_plugins(None)
    try:
        assert run(["plugins"]) == 1
        assert "genblaze.toml: unknown setting nonsense" in capsys.readouterr().err
        assert run(["--help"]) == 0
        assert "verify" in capsys.readouterr().out
    finally:
        set_default_plugins(previous)


def test_importing_the_command_line_imports_no_subcommand_and_nothing_heavy():
    code = (
        "import sys, genblaze.cli.main;"
        "bad = [m for m in sys.modules if m in {'rich', 'loguru', 'pluggy', 'asyncio', 'importlib_metadata'}"
        " or m.startswith('genblaze.cli.') and m not in {'genblaze.cli.main', 'genblaze.cli.logs'}];"
        "assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_reader_that_leaves_early_is_no_error():
    # The reader closes its end before anything is written.
    shell = f"{sys.executable} -m genblaze plugins | true"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
