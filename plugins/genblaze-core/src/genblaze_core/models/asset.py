"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.models.asset import Asset, AudioMetadata, Track, VideoMetadata, WordTiming, is_valid_sha256

__all__ = ["Asset", "AudioMetadata", "Track", "VideoMetadata", "WordTiming", "is_valid_sha256"]
