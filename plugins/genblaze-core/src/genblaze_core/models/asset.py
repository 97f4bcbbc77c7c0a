"""A published import path. Generated from published_names.txt by tools/facade.py."""

from typing import TYPE_CHECKING

from genblaze.models.asset import Asset, AudioMetadata, Track, VideoMetadata, WordTiming, is_valid_sha256

__all__: list[str] = ["Asset", "AudioMetadata", "Track", "VideoMetadata", "WordTiming", "is_valid_sha256"]

if not TYPE_CHECKING:  # published programs import many a name from where it was merely used
    from genblaze_core import __getattr__ as __getattr__
