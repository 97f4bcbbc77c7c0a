"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze_ffmpeg.compositor import FFmpegCompositor

__all__ = ["FFmpegCompositor"]
