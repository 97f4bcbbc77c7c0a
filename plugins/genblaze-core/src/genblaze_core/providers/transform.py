"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze_ffmpeg.transform import FFmpegTransform

__all__ = ["FFmpegTransform"]
