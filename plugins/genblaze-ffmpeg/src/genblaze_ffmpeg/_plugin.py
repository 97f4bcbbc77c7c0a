"""The plugin: `ffmpeg-compositor` and `ffmpeg-transform`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genblaze import Capability, Modality, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from genblaze import GenerateContext, Job, Request


@hookimpl
def provides() -> Iterable[Capability]:
    """Both providers; they are asked when planning whether ffmpeg is there and the parameters can be meant."""
    return [
        Capability(
            hook="generate",
            key="ffmpeg-compositor",
            summary="Muxes video and sound, concatenates, overlays",
            modalities=(Modality.VIDEO, Modality.AUDIO),
            check=_check_compositor,
        ),
        Capability(
            hook="generate",
            key="ffmpeg-transform",
            summary="Trims, resizes, crops, captions, normalises and converts media",
            modalities=(Modality.VIDEO, Modality.AUDIO, Modality.IMAGE),
            check=_check_transform,
        ),
    ]


@hookimpl
def generate(request: Request, context: GenerateContext) -> Job | None:
    """The job of one of our providers."""
    match request.provider:
        case "ffmpeg-compositor":
            from genblaze_ffmpeg.compositor import FFmpegCompositor

            return context.provider(FFmpegCompositor).job(request, context)
        case "ffmpeg-transform":
            from genblaze_ffmpeg.transform import FFmpegTransform

            return context.provider(FFmpegTransform).job(request, context)
    return None


def _check_compositor(params: Mapping[str, Any]) -> None:
    from genblaze_ffmpeg.compositor import FFmpegCompositor

    FFmpegCompositor().check(params)


def _check_transform(params: Mapping[str, Any]) -> None:
    from genblaze_ffmpeg.transform import FFmpegTransform

    FFmpegTransform().check(params)
