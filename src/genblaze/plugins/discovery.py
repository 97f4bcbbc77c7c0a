"""Which plugins may be loaded, and why the others may not."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import msgspec

from genblaze.plugins.claims import NATIVE_GROUP, Claim, normal_name
from genblaze.plugins.records import PluginRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ESSENTIAL", "SIDECAR", "Settled", "record_of", "settle"]

KERNEL: Final = "genblaze"
SIDECAR: Final = "sidecar"
ESSENTIAL: Final = frozenset({SIDECAR, "local-store"})
"""Plugins of the kernel that nobody can disable or displace: the last resorts of embedding and storing."""


class Settled(msgspec.Struct, frozen=True):
    """What is to be loaded, and the records of what is not."""

    load: tuple[Claim, ...]
    blocked: tuple[PluginRecord, ...]
    refused: tuple[PluginRecord, ...]


def record_of(claim: Claim, **rest: Any) -> PluginRecord:
    """The record of a plugin, with what became of it."""
    return PluginRecord(name=claim.name, distribution=claim.distribution, version=claim.version, **rest)


def settle(claims: Iterable[Claim], disabled: Iterable[str] = ()) -> Settled:
    """Decide which claims to load.

    A name that several distributions claim goes to none of them, since which one is found first depends on
    the file system. An essential plugin of the kernel keeps its name. Where one distribution offers a name
    in both groups its native plugin stands.
    """
    names = {normal_name(name) for name in disabled}
    ordered = sorted(claims, key=lambda claim: (claim.name, not _is_protected(claim), claim.group, claim.distribution))
    blocked = [claim for claim in ordered if _is_disabled(claim, names)]
    allowed = [claim for claim in ordered if not _is_disabled(claim, names)]
    load: list[Claim] = []
    refused: list[PluginRecord] = []
    for _, group in groupby(allowed, key=lambda claim: claim.name):
        accepted, rejected = _one_owner(list(group))
        load += accepted
        refused += rejected
    return Settled(tuple(load), tuple(record_of(claim, status="blocked") for claim in blocked), tuple(refused))


def _one_owner(rivals: list[Claim]) -> tuple[list[Claim], list[PluginRecord]]:
    first = rivals[0]
    if _is_protected(first):
        reason = f"the name {first.name!r} is reserved for genblaze's own plugin. Give the plugin another name."
        return [first], [record_of(rival, status="failed", error=reason) for rival in rivals[1:]]
    if len({normal_name(rival.distribution) for rival in rivals}) == 1:
        return [first], []
    owners = " and ".join(f"{rival.distribution} {rival.version}" for rival in rivals)
    reason = (
        f"{owners} both claim the plugin name {first.name!r}, so neither is loaded."
        " Uninstall one of them, or disable one by its distribution name (GENBLAZE_DISABLE_PLUGINS)."
    )
    return [], [record_of(rival, status="failed", error=reason) for rival in rivals]


def _is_protected(claim: Claim) -> bool:
    """Whether this is an essential plugin of the kernel itself."""
    return claim.name in ESSENTIAL and normal_name(claim.distribution) == KERNEL and claim.group == NATIVE_GROUP


def _is_disabled(claim: Claim, names: set[str]) -> bool:
    return not _is_protected(claim) and (normal_name(claim.name) in names or normal_name(claim.distribution) in names)
