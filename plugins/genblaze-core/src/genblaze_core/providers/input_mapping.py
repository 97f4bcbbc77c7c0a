"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.providers.input_mapping import (
    chain_routers,
    route_audio,
    route_by_media_type,
    route_images,
    route_keyframes,
    route_video,
)

__all__ = ["chain_routers", "route_audio", "route_by_media_type", "route_images", "route_keyframes", "route_video"]
