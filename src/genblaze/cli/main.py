"""The command `genblaze`: finds the subcommand, and turns errors into a line on stderr and an exit code."""

from __future__ import annotations

import gc
import logging
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from genblaze.cli.logs import logging_to_stderr
from genblaze.errors import GenblazeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["BUILT_IN", "LazyGroup", "cli", "main", "run"]

logger = logging.getLogger("genblaze.cli")

FAILED: Final = 1
INTERRUPTED: Final = 130


class BuiltIn(NamedTuple):
    """A subcommand of ours: where it is, and its line of help, so that `--help` imports none of them."""

    target: str
    help: str


BUILT_IN: Final[dict[str, BuiltIn]] = {
    "demo": BuiltIn("genblaze.cli.demo:command", "Make a picture, a film and music, and verify them."),
    "run": BuiltIn("genblaze.cli.run:command", "Run a pipeline from a file."),
    "runs": BuiltIn("genblaze.cli.runs:command", "List paid runs, or the paid steps of one."),
    "resume": BuiltIn("genblaze.cli.resume:command", "Finish what a process that died had begun."),
    "replay": BuiltIn("genblaze.cli.replay:command", "Run a recorded run again, with changes, and reuse the rest."),
    "verify": BuiltIn("genblaze.cli.verify:command", "Check that files are what their manifests say."),
    "pull": BuiltIn("genblaze.cli.pull:command", "Download a stored run."),
    "extract": BuiltIn("genblaze.cli.extract:command", "Print the manifest inside a file."),
    "embed": BuiltIn("genblaze.cli.embed:command", "Put a manifest into a file."),
    "strip": BuiltIn("genblaze.cli.strip:command", "Take the manifest out of a file."),
    "models": BuiltIn("genblaze.cli.models:command", "List models, with the days on which they end and their prices."),
    "doctor": BuiltIn("genblaze.cli.doctor:command", "Look for what keeps pipelines from running here."),
    "plugins": BuiltIn("genblaze.cli.plugins:command", "Show which plugins are installed, chosen and broken."),
    "plugin": BuiltIn("genblaze.cli.plugin:command", "Begin a plugin of your own."),
}


class LazyGroup(click.Group):
    """Subcommands by name: ours imported when called for, those of plugins when no other is meant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Ours in the order of the table, then those of plugins by name."""
        return [*BUILT_IN, *sorted(self._foreign(ctx))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the subcommand, or ask the plugins for it."""
        if cmd_name not in BUILT_IN:
            return self._foreign(ctx).get(cmd_name)
        module, _, attribute = BUILT_IN[cmd_name].target.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands; ours from the table, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._rows(ctx, formatter.width)))

    def _rows(self, ctx: click.Context, width: int) -> Iterator[tuple[str, str]]:
        for name, built_in in BUILT_IN.items():
            yield name, built_in.help
        for name, command in sorted(self._foreign(ctx).items()):
            if not command.hidden:
                yield name, command.get_short_help_str(width)

    def _foreign(self, ctx: click.Context) -> dict[str, click.Command]:
        """What plugins add, asked once for each call of the program; a name of ours stays ours."""
        known: dict[str, click.Command] | None = ctx.meta.get(__name__)
        if known is None:
            known = ctx.meta[__name__] = _commands_of_plugins()
        return known


def _commands_of_plugins() -> dict[str, click.Command]:
    """Collect the plugins' commands in a group of their own, so that the one of ours is never changed."""
    from genblaze.plugins import default_plugins

    group = click.Group("genblaze")
    try:
        default_plugins().register_commands(group)
    except GenblazeError as exc:
        logger.warning("Plugins add no commands: %s", exc)
    return {name: command for name, command in group.commands.items() if name not in BUILT_IN}


def _disable(ctx: click.Context, _param: click.Parameter, names: tuple[str, ...]) -> None:
    """Put a manager without these plugins in the place of the default one, as long as the command runs."""
    if not names:
        return
    import msgspec

    from genblaze.config import load_config
    from genblaze.plugins import PluginManager, set_default_plugins

    config = load_config()
    settings = msgspec.structs.replace(config.plugins, disable=(*config.plugins.disable, *names))
    previous = set_default_plugins(PluginManager(msgspec.structs.replace(config, plugins=settings)))
    ctx.call_on_close(lambda: set_default_plugins(previous))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="genblaze", message="%(prog)s %(version)s")
@click.option(
    "--disable",
    metavar="NAME",
    multiple=True,
    is_eager=True,  # commands of plugins are looked up before the group's own function runs
    expose_value=False,
    callback=_disable,
    help="Leave out a plugin, by its name or its distribution's; may be repeated.",
)
def cli() -> None:
    """Run AI media pipelines, and prove where their files came from."""


def run(arguments: Sequence[str]) -> int:
    """Run the command line and give its exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    try:
        with logging_to_stderr():
            result: Any = cli.main(list(arguments), prog_name="genblaze", standalone_mode=False)
            sys.stdout.flush()
    except click.ClickException as exc:
        exc.show()
        return exc.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        _forget_output()
        return FAILED
    except GenblazeError as exc:
        click.echo(f"Error: {exc}", err=True)
        return FAILED
    return result if isinstance(result, int) else 0


def main() -> None:
    """The console script."""
    code = run(sys.argv[1:])
    gc.freeze()  # else the interpreter looks for cycles in all that was imported: a sixth of a short command's time
    sys.exit(code)


def _forget_output() -> None:
    """Whoever read our output has left: let the interpreter's last flush go nowhere."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
