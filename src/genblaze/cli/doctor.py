"""`genblaze doctor`: what keeps pipelines from running here, and what to do about it."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import click
import msgspec

from genblaze.cli.models import ask_vendor, has_key
from genblaze.errors import GenblazeError
from genblaze.plugins import default_plugins

if TYPE_CHECKING:
    from genblaze.plugins import PluginManager

__all__ = ["Finding", "command"]

SIGNS: Final = {"ok": ("ok  ", "green"), "note": ("note", "yellow"), "bad": ("BAD ", "red")}


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at.

    Attributes:
        state: `ok`; `note`, worth knowing; `bad`, what has to be put right.
        about: What was looked at.
        found: What was found there.
        advice: What to do about it.
    """

    state: Literal["ok", "note", "bad"]
    about: str
    found: str
    advice: str | None = None


@click.command("doctor", short_help="Look for what keeps pipelines from running here.")
@click.option("--online", is_flag=True, help="Ask the vendors whose keys are set, and try the store of the settings.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, online: bool, as_json: bool) -> int:
    """Look at versions, plugins, keys, programs, the clock, the folder for outputs and its journal.

    Keys are never shown, only whether they are there. Without --online nothing leaves this machine; with it each vendor
    whose key is set is asked for its list of models, which costs nothing, and the store named by the settings is
    written to and read from. The exit code is 1 when something has to be put right.
    """
    plugins = default_plugins()
    checks = [*OFFLINE, *(ONLINE if online else ())]
    findings = [finding for check in checks for finding in check(plugins)]
    for line in _document(findings) if as_json else _lines(findings):
        click.echo(line)
    return int(any(finding.state == "bad" for finding in findings))


# --- on this machine -------------------------------------------------------------------------------------------------


def versions(plugins: PluginManager) -> Iterator[Finding]:
    """Python, genblaze, and first-party plugins of another version."""
    from importlib.metadata import version

    own = version("genblaze")
    yield Finding("ok", "versions", f"genblaze {own}, Python {sys.version.split()[0]}")
    for record in plugins.records():
        first_party = (record.distribution or "").startswith("genblaze-")
        if first_party and record.version and record.version.partition(".")[0] != own.partition(".")[0]:
            advice = f"pip install --upgrade {record.distribution}"
            yield Finding("bad", f"plugin {record.name}", f"{record.distribution} {record.version}", advice)


def broken_plugins(plugins: PluginManager) -> Iterator[Finding]:
    """Plugins that could not be loaded or are disabled."""
    records = plugins.records()
    loaded = sum(record.status == "loaded" for record in records)
    yield Finding("ok", "plugins", f"{loaded} loaded of {len(records)}")
    for record in records:
        if record.status == "failed":
            advice = f"Repair or uninstall {record.distribution or record.name}, or disable it: --disable {record.name}"
            yield Finding("bad", f"plugin {record.name}", record.error or "failed", advice)
        elif record.status == "blocked":
            yield Finding("note", f"plugin {record.name}", "disabled by a setting")


def keys(plugins: PluginManager) -> Iterator[Finding]:
    """Which vendors' keys are in the environment."""
    wanted = sorted({offer.environment for offer, _ in plugins.capabilities("generate") if offer.environment})
    for names in wanted:
        there = next((name for name in names if os.environ.get(name)), None)
        users = [offer.key for offer, _ in plugins.capabilities("generate") if offer.environment == names]
        about = f"key of {', '.join(sorted(users))}"
        if there is None:
            yield Finding("note", about, "not set", f"Set {' or '.join(names)} to use it")
        else:
            yield Finding("ok", about, f"{there} is set")


def programs(_: PluginManager) -> Iterator[Finding]:
    """Ffmpeg, on the PATH or from a package."""
    where = shutil.which("ffmpeg") or (find_spec("imageio_ffmpeg") and "from the package imageio-ffmpeg")
    if where:
        yield Finding("ok", "ffmpeg", where)
    else:
        advice = "Needed where steps mux or convert films and sound: install ffmpeg, or pip install imageio-ffmpeg"
        yield Finding("note", "ffmpeg", "neither on the PATH nor in a package", advice)


def clock(plugins: PluginManager) -> Iterator[Finding]:
    """Whether this machine's clock may be right: signed requests and manifests depend on it."""
    days = [model.checked for offer, _ in plugins.capabilities("generate") for model in offer.models if model.checked]
    now = datetime.now(UTC)
    if days and now.date() < max(days):
        found = f"{now:%Y-%m-%d %H:%M} UTC, before the installed plugins were written ({max(days)})"
        yield Finding("bad", "clock", found, "Set the clock")
    else:
        yield Finding("ok", "clock", f"{now:%Y-%m-%d %H:%M} UTC")


def output_dir(plugins: PluginManager) -> Iterator[Finding]:
    """Whether outputs can be written."""
    folder = Path(plugins.config.output_dir)
    existing = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            free = shutil.disk_usage(existing).free
    except OSError as error:
        advice = "Choose another folder: output_dir in genblaze.toml, or GENBLAZE_OUTPUT_DIR"
        yield Finding("bad", "outputs", f"{folder} cannot be written: {error.strerror or error}", advice)
        return
    yield Finding("ok", "outputs", f"{folder} can be written, {free / 1e9:.1f} GB free")


def journal(plugins: PluginManager) -> Iterator[Finding]:
    """Whether the journal of paid work is sound, and what it has that nobody finished."""
    from genblaze.journal import open_journal
    from genblaze.pipeline.run_journal import JOURNAL_FILE

    path = Path(plugins.config.output_dir) / JOURNAL_FILE
    if not path.exists():
        yield Finding("ok", "journal", "none yet")
        return
    try:
        left = open_journal(path).unfinished()
    except GenblazeError as error:
        yield Finding("bad", "journal", str(error), f"Move {path} away; what it knows of unfinished runs is lost then")
        return
    if left:
        found = f"{len(left)} unfinished: {', '.join(record.run_id[:8] for record in left[:5])}"
        yield Finding("note", "journal", found, "genblaze resume")
    else:
        yield Finding("ok", "journal", str(path))


# --- beyond it -------------------------------------------------------------------------------------------------------


def vendors(plugins: PluginManager) -> Iterator[Finding]:
    """Whether vendors answer, and take the keys that are set."""
    offers = {offer.environment: offer for offer, _ in plugins.capabilities("generate") if offer.environment}
    for offer in offers.values():
        if not has_key(offer):
            continue
        answer, _ = ask_vendor(plugins, offer)
        about = f"vendor of {offer.key}"
        if answer.status == "failed":
            advice = f"Look at the network and at {' or '.join(offer.environment)}"
            yield Finding("bad", about, answer.detail or "no answer", advice)
        elif answer.status == "ok":
            yield Finding("ok", about, f"answers, and lists {len(answer.slugs)} models")
        else:
            yield Finding("note", about, "not asked: it has no list of models")


def store(plugins: PluginManager) -> Iterator[Finding]:
    """Whether the store of the settings can be written, read and cleaned up."""
    url = plugins.config.store
    if url is None:
        return
    import secrets

    from genblaze.models.asset_url import strip_asset_url_credentials

    about = f"store {strip_asset_url_credentials(url)}"
    key = f"genblaze-doctor-{secrets.token_hex(8)}"
    try:
        chosen = plugins.store(url)
        chosen.put(key, b"genblaze doctor")
        chosen.get(key)
        chosen.delete(key)
    except (GenblazeError, OSError) as error:
        advice = "Look at the store's URL, its keys, and their rights to write, read and delete"
        yield Finding("bad", about, str(error), advice)
        return
    yield Finding("ok", about, "can be written, read and deleted from")


OFFLINE: Final = (versions, broken_plugins, keys, programs, clock, output_dir, journal)
ONLINE: Final = (vendors, store)


def _lines(findings: list[Finding]) -> Iterator[str]:
    from genblaze.cli.terminal import printable

    for finding in findings:
        sign, colour = SIGNS[finding.state]
        yield f"{click.style(sign, fg=colour)}  {printable(finding.about)}: {printable(finding.found)}"
        if finding.advice:
            yield f"      {printable(finding.advice)}"


def _document(findings: list[Finding]) -> Iterator[str]:
    yield json.dumps({"findings": [msgspec.to_builtins(finding) for finding in findings]}, indent=2)
