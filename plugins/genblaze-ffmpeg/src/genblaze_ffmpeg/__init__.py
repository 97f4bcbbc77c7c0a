"""ffmpeg as steps of a pipeline: `FFmpegCompositor` puts media together, `FFmpegTransform` changes one."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genblaze_ffmpeg.compositor import FFmpegCompositor as FFmpegCompositor
    from genblaze_ffmpeg.transform import FFmpegTransform as FFmpegTransform

_HOMES = {"FFmpegCompositor": "genblaze_ffmpeg.compositor", "FFmpegTransform": "genblaze_ffmpeg.transform"}

__all__ = ["FFmpegCompositor", "FFmpegTransform"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_HOMES[name]), name)
