"""Settings: which plugins answer, which are disabled, which tracers hear, where files go.

Four layers, the first that sets a key wins, key by key:

1. environment variables (`GENBLAZE_SELECT_EMBED="image/png=my-png"`, `GENBLAZE_DISABLE_PLUGINS="a,b"`, …)
2. `genblaze.toml` in this folder or the nearest one above it
3. `genblaze/genblaze.toml` in the user's configuration folder (`XDG_CONFIG_HOME`, else `~/.config`)
4. the table `[tool.genblaze]` of the nearest `pyproject.toml` that has one
"""

from __future__ import annotations

import os
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from genblaze.errors import ConfigError
from genblaze.models.enums import ProviderErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["Config", "PluginSettings", "Select", "load_config"]

FILE_NAME: Final = "genblaze.toml"


class _Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of settings; a key that it does not know is an error."""


class Select(_Settings, frozen=True):
    """For each hook, key (media type, scheme or name; wildcards allowed) to the plugin that answers."""

    embed: dict[str, str] = {}
    store: dict[str, str] = {}
    generate: dict[str, str] = {}
    fetch: dict[str, str] = {}
    evaluate: dict[str, str] = {}


class PluginSettings(_Settings, frozen=True):
    """How plugins are loaded.

    Attributes:
        disable: Names of plugins or of distributions that are not loaded.
        strict: A plugin that cannot be loaded is an error at once, not only when it is used.
    """

    disable: tuple[str, ...] = ()
    strict: bool = False


class JournalSettings(_Settings, frozen=True):
    """The journal of paid work.

    Attributes:
        required: A run whose journal cannot be used buys nothing. Otherwise it goes on and says that it is not
            protected.
        shared: File through which the processes of this machine share limits and the budget of the day; in the user's
            folder for state (`XDG_STATE_HOME`, else `~/.local/state`) unless given.
    """

    required: bool = True
    shared: str | None = None


class BudgetSettings(_Settings, frozen=True):
    """What may be spent.

    Attributes:
        per_day_usd: US dollars in a day (UTC), by all processes that share `journal.shared`; None sets no limit.
        allow_unknown: Let paid providers work whose price is not known beforehand; what they then say it was counts.
    """

    per_day_usd: float | None = None
    allow_unknown: bool = False

    def __post_init__(self) -> None:
        """Refuse what is no amount of money."""
        if self.per_day_usd is not None and not (isfinite(self.per_day_usd) and self.per_day_usd >= 0):
            msg = f"per_day_usd is {self.per_day_usd}: it must be finite and not negative"
            raise ValueError(msg)


class Limit(_Settings, frozen=True):
    """What may be asked of one provider; None sets no limit.

    Attributes:
        concurrency: Jobs under way at once, from the submit to the result.
        requests_per_minute: Submits in any 60 seconds, retries included.
        break_after: Submits that fail in a row, by the vendor's fault, until it is left alone.
        break_seconds: For so long; then one more failure is enough.
    """

    concurrency: int | None = None
    requests_per_minute: int | None = None
    break_after: int | None = None
    break_seconds: float = 30.0

    def __post_init__(self) -> None:
        """Refuse limits under which nothing could ever be asked."""
        for name in ("concurrency", "requests_per_minute", "break_after"):
            value = getattr(self, name)
            if value is not None and value < 1:
                msg = f"{name} is {value}: it must be at least 1; leave it out for no limit"
                raise ValueError(msg)


class Config(_Settings, frozen=True):
    """All settings.

    Attributes:
        select: Which plugin answers, where several could.
        plugins: How plugins are loaded.
        output_dir: Folder for generated files, relative to the working folder.
        store: URL of the store where runs are looked for by their id.
        tracers: Names of the installed tracers that hear every run.
        fallback_on: Failures of a model that hand its step to the next fallback, once the retries are spent. An unknown
            outcome cannot be among them.
        limits: What may be asked of a provider, by its name.
        journal: The journal of paid work.
        budget: What may be spent.
    """

    select: Select = Select()
    plugins: PluginSettings = PluginSettings()
    output_dir: str = "output"
    store: str | None = None
    tracers: tuple[str, ...] = ()
    fallback_on: tuple[ProviderErrorCode, ...] = (
        ProviderErrorCode.MODEL_ERROR,
        ProviderErrorCode.RATE_LIMIT,
        ProviderErrorCode.SERVER_ERROR,
    )
    limits: dict[str, Limit] = {}
    journal: JournalSettings = JournalSettings()
    budget: BudgetSettings = BudgetSettings()

    def __post_init__(self) -> None:
        """Refuse what must not fall back."""
        if ProviderErrorCode.UNKNOWN in self.fallback_on:
            msg = "fallback_on: 'unknown' never falls back, because the first model may still deliver and be billed"
            raise ValueError(msg)


msgspec.json.Decoder(Config)  # msgspec looks at the fields now: later, two threads at once might have it do so


def load_config(start: Path | None = None, environ: Mapping[str, str] | None = None) -> Config:
    """Read the settings in force.

    Args:
        start: Folder from which files are looked for upwards; the working folder unless given.
        environ: Environment variables; those of the process unless given.

    Raises:
        ConfigError: An unknown key or a value of the wrong type, or a file that is not TOML; names file and
            key.
    """
    folder = (start or Path.cwd()).absolute()
    variables = os.environ if environ is None else environ
    merged: dict[str, Any] = {}
    for source, table in _layers(folder, variables):
        _check(table, Config, source, "")
        _convert(table, source)
        merged = _merge(merged, table)
    return msgspec.convert(merged, Config)


def _layers(folder: Path, environ: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every layer that exists, weakest first, with the words that name it in an error."""
    parents = (folder, *folder.parents)
    for parent in parents:
        table = _pyproject_table(parent / "pyproject.toml")
        if table is not None:
            yield f"{parent / 'pyproject.toml'} [tool.genblaze]", table
            break
    for path in (_user_file(environ), _nearest(parents)):
        if path is not None and path.is_file():
            yield str(path), _read_toml(path, path.read_bytes())
    yield from _from_environment(environ)


def _user_file(environ: Mapping[str, str]) -> Path | None:
    base = environ.get("XDG_CONFIG_HOME")
    if base:
        return Path(base) / "genblaze" / FILE_NAME
    home = environ.get("HOME") or environ.get("USERPROFILE")
    return Path(home) / ".config" / "genblaze" / FILE_NAME if home else None


def _nearest(parents: tuple[Path, ...]) -> Path | None:
    return next((path for parent in parents if (path := parent / FILE_NAME).is_file()), None)


def _pyproject_table(path: Path) -> dict[str, Any] | None:
    """The table of ours, or None; a file that never says our name is not parsed at all."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    if b"genblaze" not in data or b"tool" not in data:
        return None
    tools = _read_toml(path, data).get("tool")
    table = tools.get("genblaze") if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        msg = f"{path}: tool.genblaze is no table. Write [tool.genblaze] and the settings below it."
        raise ConfigError(msg)
    return table


def _read_toml(path: Path, data: bytes) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        msg = f"{path} is not valid TOML: {exc}"
        raise ConfigError(msg) from exc


def _from_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """One layer for each variable that is set, so that an error names the variable."""
    for variable, (path, read) in _VARIABLES.items():
        if text := environ.get(variable):
            value = read(text, variable)
            for name in reversed(path.split(".")):
                value = {name: value}
            yield variable, value


def _limits(text: str, variable: str) -> dict[str, dict[str, Any]]:
    """`provider.setting=number` pairs as tables."""
    found: dict[str, dict[str, Any]] = {}
    for key, number in _pairs(text, variable, "openai-dalle.concurrency=2"):
        provider, _, setting = key.rpartition(".")
        found.setdefault(provider, {})[setting] = _number(number)
    return found


def _number(text: str) -> int | float | str:
    """The number that a text is; what is none stays text, so that checking it names the setting."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _text(text: str, variable: str) -> str:  # noqa: ARG001 - like the others
    return text


def _words(text: str, variable: str = "") -> list[str]:  # noqa: ARG001 - like the others
    return [word for part in text.split(",") if (word := part.strip())]


def _pairs(text: str, variable: str, example: str = "image/png=my-png") -> Iterator[tuple[str, str]]:
    for word in _words(text):
        key, equals, value = (part.strip() for part in word.partition("="))
        if not (key and equals and value):
            msg = f"{variable}: {word!r} is not of the form key=value, such as {example}."
            raise ConfigError(msg)
        yield key, value


def _truth(text: str, variable: str) -> bool:
    word = text.strip().lower()
    if word in {"1", "true", "yes", "on"}:
        return True
    if word in {"0", "false", "no", "off"}:
        return False
    msg = f"{variable} is {text!r}: set it to 1 or 0."
    raise ConfigError(msg)


def _table(text: str, variable: str) -> dict[str, str]:
    return dict(_pairs(text, variable))


#: Variable → setting, and how its text is read.
_VARIABLES: Final[dict[str, tuple[str, Callable[[str, str], Any]]]] = {
    **{f"GENBLAZE_SELECT_{name.upper()}": (f"select.{name}", _table) for name in Select.__struct_fields__},
    "GENBLAZE_DISABLE_PLUGINS": ("plugins.disable", _words),
    "GENBLAZE_STRICT_PLUGINS": ("plugins.strict", _truth),
    "GENBLAZE_OUTPUT_DIR": ("output_dir", _text),
    "GENBLAZE_STORE": ("store", _text),
    "GENBLAZE_TRACERS": ("tracers", _words),
    "GENBLAZE_FALLBACK_ON": ("fallback_on", _words),
    "GENBLAZE_LIMITS": ("limits", _limits),
    "GENBLAZE_BUDGET_PER_DAY_USD": ("budget.per_day_usd", lambda text, _: _number(text)),
    "GENBLAZE_BUDGET_ALLOW_UNKNOWN": ("budget.allow_unknown", _truth),
    "GENBLAZE_JOURNAL_REQUIRED": ("journal.required", _truth),
    "GENBLAZE_SHARED_JOURNAL": ("journal.shared", _text),
}


def _check(table: Mapping[str, Any], kind: type[msgspec.Struct], source: str, where: str) -> None:
    """Find unknown keys ahead of msgspec, which would not say what was probably meant."""
    fields = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
    for key, value in table.items():
        if key not in fields:
            raise ConfigError(_unknown(key, list(fields), source, where))
        inner = fields[key]
        if isinstance(inner, type) and issubclass(inner, msgspec.Struct) and isinstance(value, dict):
            _check(value, inner, source, f"{where}{key}.")


def _unknown(key: str, known: list[str], source: str, where: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(key, known, n=1)
    hint = f" Did you mean {where}{near[0]}?" if near else f" Known here: {', '.join(known)}."
    return f"{source}: unknown setting {where}{key}.{hint}"


def _convert(table: Mapping[str, Any], source: str) -> None:
    """Check the types of one layer by itself, while its source is still known."""
    try:
        msgspec.convert(table, Config)
    except msgspec.ValidationError as exc:
        reason, _, path = str(exc).partition(" - at `$")
        msg = f"{source}: setting {path.strip('.`') or '(top level)'}: {reason}"
        raise ConfigError(msg) from exc


def _merge(under: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        beneath = merged.get(key)
        merged[key] = _merge(beneath, value) if isinstance(beneath, dict) and isinstance(value, dict) else value
    return merged
