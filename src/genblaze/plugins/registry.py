"""The loaded plugins: registering each by itself, remembering what became of it, and calling its hooks."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, Final, NoReturn

import msgspec
import pluggy

from genblaze import hookspecs
from genblaze.capabilities import MediaTypes
from genblaze.errors import (
    GenblazeError,
    PluginConflictError,
    PluginError,
    PluginLoadError,
    PluginNotFoundError,
)
from genblaze.plugins.claims import PUBLISHED_GROUP, Claim
from genblaze.plugins.discovery import ESSENTIAL, record_of, settle
from genblaze.plugins.records import PluginRecord
from genblaze.plugins.rules import capabilities_of, check_implementations, implementations_of
from genblaze.selection import Candidate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import CodeType

    from genblaze.capabilities import Capability
    from genblaze.config import PluginSettings

__all__ = ["Registry"]

logger = logging.getLogger("genblaze.plugins")

READING: Final = frozenset({"inspect_media", "embed_manifest"})
"""Loaded together: whoever embeds into a format also reads it."""


class _Hooks(pluggy.PluginManager):
    """Hooks are public: half of all names in a module and most of an object's need not be looked at."""

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> Any:
        return None if name.startswith("_") else super().parse_hookimpl_opts(plugin, name)


class Registry:
    """Plugins by name, on a pluggy manager that nobody else touches.

    Attributes:
        records: Every plugin that was loaded, is disabled or cannot be loaded, in order of name.
        candidates: What the loaded ones offer.
        unavailable: For the name of each plugin that was found and is not loaded, the error for whoever
            uses it.
    """

    def __init__(self) -> None:
        self._pm = _Hooks("genblaze")
        self._pm.add_hookspecs(hookspecs)
        self._callers: dict[tuple[str, str | None], pluggy.HookCaller] = {}
        self._wrapped: dict[str, bool] = {}
        self._declared: dict[tuple[str, str], Capability] = {}
        self._media_types: MediaTypes | None = None
        self.records: list[PluginRecord] = []
        self.candidates: list[Candidate] = []
        self.unavailable: dict[str, PluginError] = {}
        self._waiting: list[Claim] = []

    def settle(self, claims: Iterable[Claim], settings: PluginSettings) -> None:
        """Decide which of the installed plugins are to be loaded, when their hooks are needed.

        Raises:
            PluginLoadError: A plugin failed and the settings are strict, for which all have to be loaded now.
        """
        for name in sorted(ESSENTIAL.intersection(settings.disable)):
            logger.warning("Plugin %s cannot be disabled: it is the last resort of its kind.", name)
        settled = settle(claims, settings.disable)
        for blocked in settled.blocked:
            self._disabled(blocked)
        for refused in settled.refused:
            self._failed(refused, PluginConflictError(refused.error), strict=settings.strict)
        self._waiting = list(settled.load)
        if settings.strict:
            self.load(strict=True)

    def load(self, hook: str | None = None, *, strict: bool = False) -> None:
        """Load the plugins that may implement a hook, or all; one that cannot be loaded disturbs no other."""
        wanted = READING if hook in READING else {hook}
        due = [each for each in self._waiting if hook is None or each.hooks is None or each.hooks & wanted]
        self._waiting = [each for each in self._waiting if each not in due]
        for claim in due:
            try:
                self._add(_plugin_of(claim), record_of(claim), claim.hooks)
            except Exception as exc:  # noqa: BLE001 - a broken plugin may raise anything; the others go on
                self._failed(record_of(claim, status="failed", error=_words(exc)), exc, strict=strict)
        self.records = sorted(self.records, key=lambda record: record.name)

    def add(self, plugin: object, name: str) -> PluginRecord:
        """Register an object of the program under a name.

        Raises:
            PluginConflictError: The name is taken.
            PluginLoadError: The object breaks a rule of plugins.
        """
        taken = next((each for each in self.records if each.name == name and each.status != "blocked"), None)
        if taken is not None:
            msg = f"The plugin name {name!r} is taken by {taken.origin}. Register under another name."
            raise PluginConflictError(msg)
        try:
            return self._add(plugin, PluginRecord(name=name), None)
        except PluginLoadError as exc:
            msg = f"Plugin {name!r} cannot be registered: {exc}"
            raise PluginLoadError(msg) from exc

    def record(self, name: str) -> PluginRecord | None:
        """What is known of a plugin; the loaded one, where a disabled or failed one has the same name."""
        bearers = [each for each in self.records if each.name == name]
        return min(bearers, key=lambda each: ("loaded", "failed", "blocked").index(each.status), default=None)

    def declared(self, hook: str, key: str) -> Capability | None:
        """What a loaded plugin declares for a hook under exactly this key, or None."""
        return self._declared.get((hook, key))

    @property
    def media_types(self) -> MediaTypes:
        """What the loaded plugins recognise; made at the first use after a plugin was added."""
        found = self._media_types
        if found is None:
            found = self._media_types = MediaTypes(each.capability for each in self.candidates)
        return found

    def implementations(self, hook: str) -> list[tuple[str, pluggy.HookImpl]]:
        """All implementations of a hook with their plugins' names, in order of name."""
        found = getattr(self._pm.hook, hook).get_hookimpls()
        return sorted(((each.plugin_name, each) for each in found), key=lambda pair: pair[0])

    def call(
        self,
        hook: str,
        plugin: str | None,
        arguments: dict[str, Any],
        extra: Sequence[Callable[..., Any]] = (),
    ) -> Any:
        """Call a hook on one plugin, or on an adapted object of the user's, with every wrapper around it.

        Args:
            hook: Name of the hook.
            plugin: The selected plugin; None when only `extra` is to answer.
            arguments: The hook's arguments by name.
            extra: Functions that take all of the hook's arguments, for objects that are not registered.

        Raises:
            GenblazeError: As the plugin raised it, with a note that names the plugin.
            PluginError: The plugin raised something else.
        """
        caller = self._caller(hook, plugin)
        try:
            if not extra:
                return caller(**arguments)
            if len(extra) == 1 and not self._wrapped[hook]:
                return extra[0](**arguments)  # what pluggy would do, after many times the work
            return caller.call_extra(list(extra), arguments)
        except Exception as exc:  # noqa: BLE001 - blame raises it again, under the plugin's name
            self.blame(exc, hook, plugin)

    def blame(self, exc: Exception, hook: str, plugin: str | None) -> NoReturn:
        """Raise an error again with a note that tells whose it is: the selected plugin's or a wrapper's."""
        called = [
            each for each in getattr(self._pm.hook, hook).get_hookimpls() if each.wrapper or each.plugin_name == plugin
        ]
        codes = {_code(each.function): each.plugin_name for each in called}
        culprit, frame = plugin, exc.__traceback__
        while frame is not None:
            culprit = codes.get(frame.tb_frame.f_code, culprit)
            frame = frame.tb_next
        note = f"raised in {hook} by {self.describe(culprit)}"
        if isinstance(exc, GenblazeError):
            exc.add_note(note)
            raise exc
        msg = f"{hook} failed in {self.describe(culprit)}: {_words(exc)}"
        error = PluginError(msg)
        error.add_note(note)
        raise error from exc

    def describe(self, name: str | None) -> str:
        """A plugin for an error text: name, distribution, version."""
        if name is None:
            return "the object passed by the program"
        record = self.record(name)
        return f"plugin {record.origin if record else name}"

    def _add(self, plugin: Any, record: PluginRecord, listed: frozenset[str] | None) -> PluginRecord:
        if inspect.isclass(plugin):
            msg = f"{plugin.__name__} is a class. Register an instance: {plugin.__name__}()."
            raise PluginLoadError(msg)
        if not isinstance(plugin, Hashable):
            msg = f"{type(plugin).__name__} objects are not hashable. A dataclass needs eq=False to be a plugin."
            raise PluginLoadError(msg)
        try:
            self._pm.register(plugin, record.name)
            found = implementations_of(self._pm, plugin)
            check_implementations(self._pm, found, listed)
            capabilities = capabilities_of(found)
        except Exception as exc:
            self._remove(plugin)
            if isinstance(exc, pluggy.PluginValidationError):
                raise PluginLoadError(_plain(exc)) from exc
            raise
        record = msgspec.structs.replace(record, hooks=_hook_names(found), capabilities=capabilities)
        self.records.append(record)
        self.candidates += [Candidate(record.name, capability) for capability in capabilities]
        for capability in capabilities:
            self._declared.setdefault((capability.hook, capability.key), capability)
        self._callers.clear()
        self._media_types = None
        return record

    def _remove(self, plugin: object) -> None:
        """Take back a plugin that was registered in part: pluggy keeps what it added before it refused."""
        if self._pm.get_name(plugin) is not None:
            self._pm.unregister(plugin)

    def _disabled(self, record: PluginRecord) -> None:
        self.records.append(record)
        setting = "[plugins] disable, GENBLAZE_DISABLE_PLUGINS or --disable"
        msg = f"Plugin {record.origin} is disabled. Take it out of {setting} to use it."
        self.unavailable[record.name] = PluginNotFoundError(msg)

    def _failed(self, record: PluginRecord, exc: Exception, *, strict: bool) -> None:
        self.records.append(record)
        msg = f"Plugin {record.origin} is not available: {record.error}"
        logger.warning("%s", msg)
        error = PluginConflictError(msg) if isinstance(exc, PluginConflictError) else PluginLoadError(msg)
        error.__cause__ = exc
        self.unavailable[record.name] = error
        if strict:
            raise PluginLoadError(msg) from exc

    def _caller(self, hook: str, plugin: str | None) -> pluggy.HookCaller:
        """The hook with the wrappers and this plugin only, built once and dropped when a plugin is added."""
        caller = self._callers.get((hook, plugin))
        if caller is None:
            found = getattr(self._pm.hook, hook).get_hookimpls()
            self._wrapped[hook] = any(each.wrapper for each in found)
            others = [each.plugin for each in found if not each.wrapper and each.plugin_name != plugin]
            caller = self._callers[hook, plugin] = self._pm.subset_hook_caller(hook, others)
        return caller


def _plugin_of(claim: Claim) -> Any:
    if claim.group != PUBLISHED_GROUP:
        return claim.load()
    from genblaze.plugins.published import PublishedProvider

    return PublishedProvider(claim)


def _hook_names(found: dict[str, list[pluggy.HookImpl]]) -> tuple[str, ...]:
    return tuple(
        sorted(f"{hook} (wrapper)" if any(each.wrapper for each in impls) else hook for hook, impls in found.items())
    )


def _code(function: Any) -> CodeType | None:
    return getattr(getattr(function, "__func__", function), "__code__", None)


def _plain(exc: pluggy.PluginValidationError) -> str:
    """Pluggy's text without its first line, which repeats the plugin's name."""
    return " ".join(str(exc).split())


def _words(exc: Exception) -> str:
    return str(exc) if isinstance(exc, GenblazeError) else f"{type(exc).__name__}: {exc}"
