"""Which plugin answers: call argument, configuration, the more specific key, the higher priority."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from genblaze.capabilities import SELECTED_HOOKS, Capability
from genblaze.errors import PluginConflictError, PluginNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from genblaze.models.enums import Modality

__all__ = ["Candidate", "Selected", "choose", "configured", "resolve_alias", "specificity"]


class Candidate(msgspec.Struct, frozen=True):
    """A plugin and one thing it offers."""

    plugin: str
    capability: Capability


class Selected(msgspec.Struct, frozen=True):
    """The plugin that answers, and why it and no other."""

    plugin: str
    capability: Capability
    reason: str


class _Match(msgspec.Struct, frozen=True):
    rank: tuple[int, int]
    candidate: Candidate


def specificity(pattern: str, key: str) -> int | None:
    """How closely a declared key fits the one asked for.

    Returns:
        2 for the key itself, 1 for `image/*`, 0 for `*/*` or `*`, None where it does not fit.
    """
    pattern, key = pattern.lower(), key.lower()
    if pattern == key:
        return 2
    if pattern in {"*", "*/*"}:
        return 0
    kind, slash, rest = pattern.partition("/")
    return 1 if slash and rest == "*" and key.startswith(f"{kind}/") else None


def choose(
    hook: str,
    key: str,
    candidates: Iterable[Candidate],
    *,
    choice: str | None = None,
    settings: Mapping[str, str] | None = None,
) -> Selected:
    """Select the plugin that answers to a key.

    Args:
        hook: The hook that is about to be called.
        key: Provider name, media type, URL scheme or evaluator name.
        candidates: All that is installed for the hook.
        choice: Plugin name that the caller insists on.
        settings: The configuration's table for the hook (`[select.embed]` …), key pattern to plugin name.

    Raises:
        PluginNotFoundError: Nothing answers to the key, or not the plugin that was named.
        PluginConflictError: Several answer equally well; names them and the setting that decides.
    """
    offered = list(candidates)
    matches = _matches(offered, key)
    if choice is not None:
        return _named(hook, key, matches, choice, "call argument")
    setting = _setting_for(settings or {}, key)
    if setting is not None:
        pattern, plugin = setting
        return _named(hook, key, matches, plugin, f"config [select.{SELECTED_HOOKS.get(hook, hook)}] {pattern}")
    if not matches:
        raise PluginNotFoundError(_nothing(hook, key, offered))
    return _best(hook, key, matches)


def configured(settings: Mapping[str, str], key: str) -> str | None:
    """The plugin that a table of the configuration names for a key, or None."""
    setting = _setting_for(settings, key)
    return setting[1] if setting else None


def resolve_alias(name: str, modality: Modality | None, candidates: Iterable[Candidate]) -> str:
    """Turn a provider's name or alias into the registered key.

    Raises:
        PluginNotFoundError: Nobody is called that, or not for this modality; lists what there is.
        PluginConflictError: The alias stands for several providers; lists them.
    """
    offered = list(candidates)
    keys = {each.capability.key for each in offered}
    if name in keys:
        return name
    bearers = [each for each in offered if name in each.capability.aliases]
    fitting = [each for each in bearers if _makes(each.capability, modality)]
    found = sorted({each.capability.key for each in fitting})
    if len(found) == 1:
        return found[0]
    if found:
        for_what = f" for {modality.value}" if modality else ""
        msg = f"Provider {name!r} is ambiguous{for_what}: it stands for {', '.join(found)}. Name one of them."
        raise PluginConflictError(msg)
    if bearers:
        makes = ", ".join(f"{each.capability.key} ({_modalities(each.capability)})" for each in bearers)
        msg = f"Provider {name!r} makes no {modality.value if modality else 'output'}. It stands for: {makes}."
        raise PluginNotFoundError(msg)
    raise PluginNotFoundError(_no_provider(name, offered))


def _matches(candidates: Sequence[Candidate], key: str) -> list[_Match]:
    """What fits the key, each plugin once with the best it has, best first."""
    best: dict[str, _Match] = {}
    for each in candidates:
        fits = [fit for name in each.capability.names if (fit := specificity(name, key)) is not None]
        if not fits:
            continue
        match = _Match((max(fits), each.capability.priority), each)
        known = best.get(each.plugin)
        if known is None or match.rank > known.rank:
            best[each.plugin] = match
    return sorted(best.values(), key=lambda match: (match.rank, match.candidate.plugin), reverse=True)


def _best(hook: str, key: str, matches: list[_Match]) -> Selected:
    first = matches[0]
    if len(matches) == 1:
        return Selected(first.candidate.plugin, first.candidate.capability, "only one")
    second = matches[1]
    if first.rank == second.rank:
        tied = [match.candidate.plugin for match in matches if match.rank == first.rank]
        raise PluginConflictError(_conflict(hook, key, sorted(tied)))
    more_specific = first.rank[0] > second.rank[0]
    reason = "more specific key" if more_specific else "higher priority"
    others = ", ".join(match.candidate.plugin for match in matches[1:])
    return Selected(first.candidate.plugin, first.candidate.capability, f"{reason} than {others}")


def _named(hook: str, key: str, matches: list[_Match], plugin: str, source: str) -> Selected:
    for match in matches:
        if match.candidate.plugin == plugin:
            return Selected(plugin, match.candidate.capability, source)
    available = ", ".join(match.candidate.plugin for match in matches) or "none"
    msg = f"{source} names plugin {plugin!r}, which offers no {hook} for {key!r}. Plugins that do: {available}."
    raise PluginNotFoundError(msg)


def _setting_for(settings: Mapping[str, str], key: str) -> tuple[str, str] | None:
    """The most specific of the configured patterns that fit, with its plugin."""
    fits = [(fit, pattern) for pattern in settings if (fit := specificity(pattern, key)) is not None]
    if not fits:
        return None
    pattern = max(fits)[1]
    return pattern, settings[pattern]


def _nothing(hook: str, key: str, offered: Sequence[Candidate]) -> str:
    available = ", ".join(sorted({each.capability.key for each in offered})) or "nothing"
    return (
        f"No plugin offers {hook} for {key!r}. Available: {available}. Install the distribution that offers"
        " it; `genblaze plugins` shows what is installed and what failed to load."
    )


def _conflict(hook: str, key: str, plugins: list[str]) -> str:
    table = SELECTED_HOOKS.get(hook, hook)
    return (
        f"Plugins {' and '.join(plugins)} both offer {hook} for {key!r}, equally well. Decide with"
        f' [select.{table}] "{key}" = "{plugins[0]}" in genblaze.toml,'
        f" GENBLAZE_SELECT_{table.upper()}={key}={plugins[0]}, or disable one of them."
    )


def _no_provider(name: str, offered: Sequence[Candidate]) -> str:
    from difflib import get_close_matches

    keys = sorted({each.capability.key for each in offered})
    aliases = {alias for each in offered for alias in each.capability.aliases}
    near = get_close_matches(name, [*keys, *sorted(aliases)], n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    available = ", ".join(keys) or "none; install a provider distribution such as genblaze-openai"
    return f"No provider is called {name!r}.{hint} Available: {available}."


def _makes(capability: Capability, modality: Modality | None) -> bool:
    return modality is None or not capability.modalities or modality in capability.modalities


def _modalities(capability: Capability) -> str:
    return ", ".join(str(each) for each in capability.modalities) or "anything"
