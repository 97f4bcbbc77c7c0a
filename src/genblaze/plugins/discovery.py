"""Which entry points there are, which of them may be loaded, and why the others may not."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import msgspec

from genblaze.plugins.records import PluginRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ESSENTIAL", "NATIVE_GROUP", "PUBLISHED_GROUP", "SIDECAR", "Claim", "Settled", "find_claims", "settle"]

NATIVE_GROUP: Final = "genblaze"
PUBLISHED_GROUP: Final = "genblaze.providers"
KERNEL: Final = "genblaze"
SIDECAR: Final = "sidecar"
ESSENTIAL: Final = frozenset({SIDECAR, "local-store"})
"""Plugins of the kernel that nobody can disable or displace: the last resorts of embedding and storing."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One entry point: a distribution says that it has a plugin of this name.

    Attributes:
        entry_point: What `importlib_metadata` gave; its `load()` imports the plugin.
    """

    name: str
    group: str
    distribution: str
    version: str
    entry_point: Any

    @property
    def protected(self) -> bool:
        """Whether this is an essential plugin of the kernel itself."""
        return self.name in ESSENTIAL and _normal(self.distribution) == KERNEL and self.group == NATIVE_GROUP

    def record(self, **rest: Any) -> PluginRecord:
        """The plugin's record, with what became of it."""
        return PluginRecord(name=self.name, distribution=self.distribution, version=self.version, **rest)


class Settled(msgspec.Struct, frozen=True):
    """What is to be loaded, and the records of what is not."""

    load: tuple[Claim, ...]
    blocked: tuple[PluginRecord, ...]
    refused: tuple[PluginRecord, ...]


def find_claims() -> list[Claim]:
    """All entry points of both groups on `sys.path`; nothing is imported."""
    from importlib_metadata import entry_points

    owners: dict[int, tuple[str, str]] = {}
    return [
        Claim(name=found.name, group=group, distribution=owner[0], version=owner[1], entry_point=found)
        for group in (NATIVE_GROUP, PUBLISHED_GROUP)
        for found in entry_points(group=group)
        for owner in [owners.get(id(found.dist)) or owners.setdefault(id(found.dist), _owner(found.dist))]
    ]


def _owner(distribution: Any) -> tuple[str, str]:
    """Name and version of a distribution.

    They stand at the top of its metadata; to parse all of that, as the library does, takes longer than the rest.
    """
    if distribution is None:
        return "unknown", "?"
    head = (distribution.read_text("METADATA") or "").split("\n\n", 1)[0]
    stated = dict(line.split(": ", 1) for line in head.splitlines() if line.startswith(("Name: ", "Version: ")))
    return stated.get("Name") or distribution.name, stated.get("Version") or distribution.version


def settle(claims: Iterable[Claim], disabled: Iterable[str] = ()) -> Settled:
    """Decide which claims to load.

    A name that several distributions claim goes to none of them, since which one is found first depends on
    the file system. An essential plugin of the kernel keeps its name. Where one distribution offers a name
    in both groups its native plugin stands.
    """
    names = {_normal(name) for name in disabled}
    ordered = sorted(claims, key=lambda claim: (claim.name, not claim.protected, claim.group, claim.distribution))
    blocked = [claim for claim in ordered if _is_disabled(claim, names)]
    allowed = [claim for claim in ordered if not _is_disabled(claim, names)]
    load: list[Claim] = []
    refused: list[PluginRecord] = []
    for _, group in groupby(allowed, key=lambda claim: claim.name):
        accepted, rejected = _one_owner(list(group))
        load += accepted
        refused += rejected
    return Settled(tuple(load), tuple(claim.record(status="blocked") for claim in blocked), tuple(refused))


def _one_owner(rivals: list[Claim]) -> tuple[list[Claim], list[PluginRecord]]:
    first = rivals[0]
    if first.protected:
        reason = f"the name {first.name!r} is reserved for genblaze's own plugin. Give the plugin another name."
        return [first], [rival.record(status="failed", error=reason) for rival in rivals[1:]]
    if len({_normal(rival.distribution) for rival in rivals}) == 1:
        return [first], []
    owners = " and ".join(f"{rival.distribution} {rival.version}" for rival in rivals)
    reason = (
        f"{owners} both claim the plugin name {first.name!r}, so neither is loaded."
        " Uninstall one of them, or disable one by its distribution name (GENBLAZE_DISABLE_PLUGINS)."
    )
    return [], [rival.record(status="failed", error=reason) for rival in rivals]


def _is_disabled(claim: Claim, names: set[str]) -> bool:
    return not claim.protected and (_normal(claim.name) in names or _normal(claim.distribution) in names)


def _normal(name: str) -> str:
    """Names as package indexes compare them: `Foo_Bar` is `foo-bar`."""
    return re.sub(r"[-_.]+", "-", name).lower()
