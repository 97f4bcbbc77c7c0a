"""What a plugin must obey; checked as it registers, so that a slip does not show in the middle of a run."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

from genblaze.capabilities import SELECTED_HOOKS, Capability
from genblaze.errors import PluginLoadError
from genblaze.plugins.claims import HOOKS_GROUP

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pluggy

__all__ = ["NEVER_WRAPPED", "capabilities_of", "check_implementations", "implementations_of"]

NEVER_WRAPPED: Final = frozenset({"provides", "trace", "register_commands"})
"""Hooks whose implementations are called one by one, so that there is nothing for a wrapper to wrap."""

NEEDS_KEY: Final = {
    "generate": ("generate",),
    "store": ("store",),
    "fetch": ("fetch",),
    "evaluate": ("evaluate",),
    "inspect_media": ("inspect_media", "embed_manifest"),
    "embed_manifest": ("embed_manifest",),
}
"""Hooks that are reached only by a declared key, with the hooks a capability may name to declare it."""


def implementations_of(pm: pluggy.PluginManager, plugin: object) -> dict[str, list[pluggy.HookImpl]]:
    """Every hook that a registered plugin implements, with its implementations."""
    found: dict[str, list[pluggy.HookImpl]] = {}
    for caller in pm.get_hookcallers(plugin) or ():
        found[caller.name] = [each for each in caller.get_hookimpls() if each.plugin is plugin]
    return found


def check_implementations(
    pm: pluggy.PluginManager, found: dict[str, list[pluggy.HookImpl]], listed: frozenset[str] | None = None
) -> None:
    """Check the implementations of a plugin that has just been registered.

    Args:
        pm: Has the specs.
        found: The plugin's implementations.
        listed: The hooks that its distribution lists, if it lists any: for others it would come too late.

    Raises:
        PluginLoadError: It breaks a rule; the text says which, and how to write it instead.
    """
    if not found:
        msg = "it implements no hook. Mark its functions with @hookimpl (from genblaze import hookimpl)."
        raise PluginLoadError(msg)
    known = [name for name, caller in pm.hook.__dict__.items() if getattr(caller, "spec", None) is not None]
    for hook, implementations in found.items():
        if hook not in known:
            raise PluginLoadError(_no_such_hook(hook, known))
        if listed is not None and hook not in {*listed, "provides"}:
            msg = f"it implements {hook}, which its distribution does not list in the entry-point group {HOOKS_GROUP}."
            raise PluginLoadError(msg)
        if len({bool(each.wrapper) for each in implementations}) > 1:
            msg = f"it has both an implementation and a wrapper of {hook}. Make the wrapper its own plugin."
            raise PluginLoadError(msg)
        for each in implementations:
            _check_function(hook, each)


def capabilities_of(found: dict[str, list[pluggy.HookImpl]]) -> tuple[Capability, ...]:
    """What a registered plugin's `provides()` declares, checked against what it implements.

    Raises:
        PluginLoadError: It declares what it does not implement, or implements what nobody could reach.
    """
    declared: list[Capability] = []
    for implementation in found.get("provides", ()):
        declared += _declared(implementation.function())
    plain = {hook for hook, each in found.items() if not any(impl.wrapper for impl in each)}
    for capability in declared:
        if capability.hook not in plain:
            msg = f"provides() declares {capability.hook} for {capability.key!r}, which it does not implement."
            raise PluginLoadError(msg)
    for hook in sorted(plain & NEEDS_KEY.keys()):
        if not any(capability.hook in NEEDS_KEY[hook] for capability in declared):
            msg = (
                f"it implements {hook}, but provides() declares no key for it, so it could never be called."
                f" Return [Capability(hook={NEEDS_KEY[hook][-1]!r}, key=…)] from provides()."
            )
            raise PluginLoadError(msg)
    return tuple(declared)


def _declared(answer: Any) -> Iterable[Capability]:
    try:
        declared = list(answer)
    except TypeError:
        declared = [answer]
    for item in declared:
        if not isinstance(item, Capability):
            msg = f"provides() gave {type(item).__name__} instead of Capability objects. Return a list of them."
            raise PluginLoadError(msg)
    return declared


def _check_function(hook: str, implementation: pluggy.HookImpl) -> None:
    function = implementation.function
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        msg = (
            f"{hook} is an async function. Hooks are plain functions: such a one could never answer None for"
            ' "not mine". Return an awaitable from a plain function, or a Job with async methods.'
        )
        raise PluginLoadError(msg)
    if implementation.hookwrapper:
        msg = f"{hook} is an old-style wrapper. Write @hookimpl(wrapper=True), and return what `yield` gives."
        raise PluginLoadError(msg)
    if implementation.wrapper and hook in NEVER_WRAPPED:
        msg = f"{hook} cannot be wrapped: each plugin's own {hook} is called by itself."
        raise PluginLoadError(msg)
    if implementation.kwargnames:
        names = ", ".join(implementation.kwargnames)
        msg = f"{hook} gives arguments defaults ({names}), and such are never passed. Remove the defaults."
        raise PluginLoadError(msg)
    if hook in SELECTED_HOOKS and inspect.isgeneratorfunction(function) and not implementation.wrapper:
        msg = f"{hook} contains `yield` but is no wrapper. Write @hookimpl(wrapper=True), or return the answer."
        raise PluginLoadError(msg)


def _no_such_hook(hook: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(hook, known, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"it implements {hook}, which is no hook of genblaze.{hint} Hooks: {', '.join(sorted(known))}."
