"""A published import path. Generated from published_names.txt by tools/facade.py."""

from typing import TYPE_CHECKING

from genblaze.providers.input_mapping import (
    chain_routers,
    route_audio,
    route_by_media_type,
    route_images,
    route_keyframes,
    route_video,
)

__all__: list[str] = [
    "chain_routers",
    "route_audio",
    "route_by_media_type",
    "route_images",
    "route_keyframes",
    "route_video",
]

if not TYPE_CHECKING:  # published programs import many a name from where it was merely used
    from genblaze_core import __getattr__ as __getattr__
