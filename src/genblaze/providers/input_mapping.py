"""Which vendor parameter gets which input asset, for `ModelSpec.input_mapping`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from genblaze.models.asset import Asset

__all__ = [
    "InputMapping",
    "chain_routers",
    "route_audio",
    "route_by_media_type",
    "route_images",
    "route_keyframes",
    "route_video",
]

InputMapping: TypeAlias = Callable[[Sequence[Asset]], dict[str, Any]]
"""From input assets to vendor parameters."""


def route_by_media_type(slots: Mapping[str, str]) -> InputMapping:
    """The first input of each kind (`image`, `video`, `audio`) goes to the parameter that `slots` names."""

    def route(assets: Sequence[Asset]) -> dict[str, Any]:
        return {slot: found[0].url for kind, slot in slots.items() if (found := _of_kind(assets, kind))}

    return route


def route_images(*, slots: Sequence[str] | None = None, array_slot: str | None = None) -> InputMapping:
    """Images go to `slots` in order; what is left over goes to `array_slot` as a list."""
    names = tuple(slots or ())

    def route(assets: Sequence[Asset]) -> dict[str, Any]:
        urls = [asset.url for asset in _of_kind(assets, "image")]
        params: dict[str, Any] = dict(zip(names, urls, strict=False))
        if array_slot is not None and urls[len(names) :]:
            params[array_slot] = urls[len(names) :]
        return params

    return route


def route_audio(*, slot: str = "audio") -> InputMapping:
    """The first sound goes to `slot`."""
    return route_by_media_type({"audio": slot})


def route_video(*, slot: str = "video") -> InputMapping:
    """The first video goes to `slot`."""
    return route_by_media_type({"video": slot})


def route_keyframes(
    *,
    frames: Sequence[str] = ("frame0", "frame1"),
    key: str = "keyframes",
    wrap: Callable[[Asset], dict[str, Any]] | None = None,
) -> InputMapping:
    """Images become the named frames of one parameter.

    Args:
        frames: Their names, in order.
        key: The parameter.
        wrap: What a frame looks like; `{"type": "image", "url": …}` unless given.
    """
    frame = wrap or (lambda asset: {"type": "image", "url": asset.url})

    def route(assets: Sequence[Asset]) -> dict[str, Any]:
        framed = {name: frame(asset) for name, asset in zip(frames, _of_kind(assets, "image"), strict=False)}
        return {key: framed} if framed else {}

    return route


def chain_routers(*mappers: InputMapping) -> InputMapping:
    """What all of the mappings give; the later one wins."""

    def route(assets: Sequence[Asset]) -> dict[str, Any]:
        params: dict[str, Any] = {}
        for mapper in mappers:
            params |= mapper(assets)
        return params

    return route


def _of_kind(assets: Sequence[Asset], kind: str) -> list[Asset]:
    return [asset for asset in assets if asset.media_type.startswith(f"{kind}/")]
