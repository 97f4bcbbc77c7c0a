"""`genblaze plugin new`: a package to begin a plugin with, which passes its own tests at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from genblaze.cli.terminal import printable
from genblaze.errors import GenblazeError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

__all__ = ["command"]

PREFIX: Final = "genblaze-"


class Kind(NamedTuple):
    """A kind of plugin.

    Attributes:
        description: Of its distribution; takes a title.
        class_suffix: How the name of its class ends.
        needs: What its distribution requires beside genblaze.
    """

    description: str
    class_suffix: str
    needs: tuple[str, ...] = ()


KINDS: Final = {
    "provider": Kind("{} images for genblaze", "Provider"),
    "vendor": Kind("{} images for genblaze, by an HTTP API", "Provider", ("genblaze-http>=1.0,<2",)),
    "embedder": Kind("genblaze manifests inside {} files", "Embedder"),
    "store": Kind("{} as a store of genblaze", "Store"),
    "tracer": Kind("Traces of genblaze runs for {}", "Tracer"),
    "evaluator": Kind("{}, a judge for genblaze's agent loops", "Evaluator"),
    "command": Kind("{}, a command of genblaze", "Command"),
}
"""What a plugin may add; a vendor is a provider with an HTTP API."""
ANY_KIND: Final = "any"
NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
SUFFIX: Final = ".tmpl"


@click.group("plugin", short_help="Begin a plugin of your own.")
def command() -> None:
    """Begin a plugin of your own."""


@command.command("new", short_help="Write a package that passes its own tests.")
@click.argument("name")
@click.option(
    "--kind", type=click.Choice([*KINDS]), default="provider", show_default=True, help="What it adds to genblaze."
)
@click.option(
    "--output-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    show_default="the current folder",
    help="Folder in which the package's own folder is made.",
)
def new(name: str, kind: str, output_dir: Path) -> None:
    """Write the package genblaze-NAME: a working plugin, its tests and what pip needs to install it.

    A vendor is a provider with an HTTP API, on genblaze-http; a provider may be anything.

    NAME is lower case, with hyphens between words (acme, acme-images); it becomes the name in pipelines. It is an
    error if an installed plugin has that name. So is a folder that is there already, which is left as it is.
    """
    key = _key(name)
    _refuse_taken(key)
    folder = output_dir / (PREFIX + key)
    if folder.exists():
        msg = f"{printable(folder)} is there already. Choose another name or another --output-dir"
        raise GenblazeError(msg)
    for path, text in _files(kind, key):
        _write(folder / path, text)
    _suggest(folder)


def _key(name: str) -> str:
    """The name in pipelines; the distribution's name is taken as well."""
    key = name.removeprefix(PREFIX)
    if not NAME.fullmatch(key):
        msg = f"{name!r} is no name of a plugin: write lower-case words with hyphens between them, like acme-images"
        raise click.BadParameter(msg, param_hint="NAME")
    return key


def _refuse_taken(key: str) -> None:
    """Two plugins, providers, stores … of one name are an error for everybody who installs both."""
    from genblaze.plugins import default_plugins

    for record in default_plugins().records():
        offers = [name for each in record.capabilities for name in each.names]
        if key in (record.name, *offers) or record.distribution == PREFIX + key:
            msg = f"The name {key} is taken by the installed plugin {record.origin}. Choose another"
            raise GenblazeError(msg)


def _files(kind: str, key: str) -> Iterator[tuple[Path, str]]:
    """The path and text of each file of a package."""
    from importlib.resources import files
    from string import Template

    names = _names(kind, key)
    templates = files("genblaze.cli") / "templates"
    found = {**dict(_templates(templates / ANY_KIND)), **dict(_templates(templates / kind))}
    for path, template in sorted(found.items()):
        parts = (names["package"] if part == "package" else part for part in path.parts)
        yield Path(*parts), Template(template.read_text("utf-8")).substitute(names)


def _names(kind: str, key: str) -> dict[str, str]:
    """What stands for what in a template."""
    words = key.split("-")
    title = " ".join(word.capitalize() for word in words)
    return {
        "kind": kind,
        "key": key,
        "upper": key.upper(),
        "variable": "_".join(words).upper(),
        "distribution": PREFIX + key,
        "package": f"genblaze_{'_'.join(words)}",
        "title": title,
        "description": KINDS[kind].description.format(title),
        "dependencies": ", ".join(f'"{needed}"' for needed in ("genblaze>=1.0,<2", *KINDS[kind].needs)),
        "class_name": title.replace(" ", "") + KINDS[kind].class_suffix,
    }


def _templates(folder: Traversable, at: Path = Path()) -> Iterator[tuple[Path, Traversable]]:
    """Every template below a folder, with the path of the file that it becomes."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _templates(entry, at / entry.name)
        elif entry.name.endswith(SUFFIX):
            yield at / entry.name.removesuffix(SUFFIX), entry


def _write(path: Path, text: str) -> None:
    from genblaze.atomic import atomic_write

    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as file:
        file.write(text.encode())
    click.echo(printable(path))


def _suggest(folder: Path) -> None:
    from shlex import quote

    click.echo("\nIt works as it is. Try:")
    click.echo(f"  cd {quote(str(folder))}")
    click.echo('  pip install -e ".[test]"')
    click.echo("  pytest")
    click.echo("  genblaze plugins")
