"""ffmpeg as steps of a pipeline: `FFmpegCompositor` puts media together, `FFmpegTransform` changes one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze.lazy import loads_at_first_use

if TYPE_CHECKING:
    from genblaze_ffmpeg.compositor import FFmpegCompositor as FFmpegCompositor
    from genblaze_ffmpeg.transform import FFmpegTransform as FFmpegTransform

__all__ = ["FFmpegCompositor", "FFmpegTransform"]

__getattr__, __dir__, _ = loads_at_first_use(
    __name__,
    {
        "genblaze_ffmpeg.compositor": "FFmpegCompositor",
        "genblaze_ffmpeg.transform": "FFmpegTransform",
    },
)
