"""Which of the loaded plugins answers, and the right error when the one that should is broken or disabled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze.capabilities import SELECTED_HOOKS
from genblaze.errors import PluginError, PluginNotFoundError
from genblaze.plugins.discovery import SIDECAR
from genblaze.plugins.records import Selection
from genblaze.selection import Candidate, Selected, choose, configured, resolve_alias, specificity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genblaze.config import Config
    from genblaze.models.enums import Modality
    from genblaze.plugins.registry import Registry

__all__ = ["Choices"]


class Choices:
    """Selections among one registry's plugins under one configuration, each decided once.

    Args:
        registry: The loaded plugins.
        config: Settings in force.
    """

    def __init__(self, registry: Registry, config: Config) -> None:
        self._registry = registry
        self._config = config
        self._decided: dict[tuple[str, str, str | None], Selected] = {}

    def clear(self) -> None:
        """Forget what was decided, after a plugin was added."""
        self._decided.clear()

    def candidates(self, hook: str) -> list[Candidate]:
        """What is offered for a hook; whoever embeds into a format and can parse it, can also read it."""
        offered = [each for each in self._registry.candidates if each.capability.hook == hook]
        if hook == "inspect_media":
            offered += [each for each in self.candidates("embed_manifest") if self._implements(each.plugin, hook)]
        return offered

    def select(self, hook: str, key: str, choice: str | None = None) -> Selected:
        """Select the plugin for a key; see `genblaze.selection.choose` for the order and the errors."""
        selected = self._decided.get((hook, key, choice))
        if selected is None:
            decide = self._reader if hook == "inspect_media" and choice is None else self._plugin
            selected = self._decided[hook, key, choice] = decide(hook, key, choice)
        return selected

    def provider(self, name: str, modality: Modality | None) -> str:
        """Registered key of a provider, which may have been named by an alias."""
        try:
            return resolve_alias(name, modality, self._preferred("generate", name))
        except PluginNotFoundError:
            self._raise_if_unavailable(name)
            raise

    def explain(self) -> list[Selection]:
        """For every key that some plugin declares: who answers to it and why, or what stands undecided."""
        keys = {(each.capability.hook, each.capability.key) for each in self._registry.candidates}
        return [self._explained(hook, key) for hook, key in sorted(keys)]

    def _plugin(self, hook: str, key: str, choice: str | None) -> Selected:
        settings = self._table(hook)
        try:
            return choose(hook, key, self.candidates(hook), choice=choice, settings=settings)
        except PluginNotFoundError:
            for name in (choice, configured(settings, key), key):
                self._raise_if_unavailable(name)
            raise

    def _reader(self, hook: str, key: str, _choice: str | None) -> Selected:
        """Select who reads a media type: whoever embeds into it, since the layout goes back to that plugin.

        The setting `"image/png" = "sidecar"` is about writing: reading stays with the plugin that knows the
        format, so that manifests already inside such files are still found.
        """
        fitting = [each for each in self.candidates(hook) if _fit(each, key) is not None]
        setting = configured(self._table(hook), key)
        if setting != SIDECAR and setting in {each.plugin for each in fitting}:
            return self._plugin(hook, key, None)
        writers = [each for each in fitting if each.capability.hook == "embed_manifest" and _fit(each, key)]
        return choose(hook, key, writers or fitting)

    def _preferred(self, hook: str, key: str) -> list[Candidate]:
        """The candidates, or those of the configured plugin where the configuration names one."""
        offered = self.candidates(hook)
        plugin = configured(self._table(hook), key)
        return [each for each in offered if each.plugin == plugin] or offered

    def _explained(self, hook: str, key: str) -> Selection:
        try:
            selected = self.select(hook, key)
        except PluginError as exc:
            return Selection(hook=hook, key=key, plugin=None, reason=str(exc))
        reason = self._tracer_state(key, selected.plugin) if hook == "trace" else selected.reason
        return Selection(hook=hook, key=key, plugin=selected.plugin, reason=reason)

    def _tracer_state(self, key: str, plugin: str) -> str:
        active = {key, plugin}.intersection(self._config.tracers)
        return 'named in the setting "tracers"' if active else 'silent: not named in the setting "tracers"'

    def _raise_if_unavailable(self, name: str | None) -> None:
        """Raise what kept the plugin of that name from loading, if anything did."""
        error = self._registry.unavailable.get(name) if name else None
        if error is not None:
            raise type(error)(str(error)) from error.__cause__

    def _implements(self, plugin: str, hook: str) -> bool:
        record = self._registry.record(plugin)
        return record is not None and hook in record.hooks

    def _table(self, hook: str) -> Mapping[str, str]:
        table: Mapping[str, str] = getattr(self._config.select, SELECTED_HOOKS[hook], {})
        return table


def _fit(candidate: Candidate, key: str) -> int | None:
    return max(
        (fit for name in candidate.capability.names if (fit := specificity(name, key)) is not None),
        default=None,
    )
