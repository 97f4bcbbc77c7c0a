"""What is known about each plugin, loaded or not, and which plugin answers to each key."""

from __future__ import annotations

from typing import Literal

import msgspec

from genblaze.capabilities import Capability

__all__ = ["PluginRecord", "Selection"]


class PluginRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin as it was found.

    Attributes:
        name: Name of its entry point, or the one it was registered under.
        distribution: The package it came with; None for an object registered by the program.
        hooks: The hooks it implements; a wrapper's is followed by " (wrapper)".
        status: `loaded`, `failed` (see error) or `blocked` (disabled by a setting).
        error: Why it failed.
    """

    name: str
    distribution: str | None = None
    version: str | None = None
    hooks: tuple[str, ...] = ()
    capabilities: tuple[Capability, ...] = ()
    status: Literal["loaded", "failed", "blocked"] = "loaded"
    error: str | None = None

    @property
    def origin(self) -> str:
        """The plugin with its distribution and version, for error texts."""
        if self.distribution is None:
            return f"{self.name} (registered by the program)"
        return f"{self.name} ({self.distribution} {self.version or '?'})"


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Which plugin answers to one key, and why.

    Attributes:
        plugin: The selected plugin; None where nothing decides between several.
        reason: What decided, or the whole error text.
    """

    hook: str
    key: str
    plugin: str | None
    reason: str
