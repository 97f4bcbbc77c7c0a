"""The plugin: `local-image`, `local-audio` and `local-video`, each also called `local`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze import Capability, Modality, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from genblaze import GenerateContext, Job, Request


@hookimpl
def provides() -> Iterable[Capability]:
    """One provider for each kind of media; the alias `local` is resolved by modality."""
    return [
        _capability("local-image", Modality.IMAGE, "Draws a landscape from the prompt"),
        _capability("local-audio", Modality.AUDIO, "Composes a short piece from the prompt"),
        _capability("local-video", Modality.VIDEO, "Films a picture with a slow camera"),
    ]


@hookimpl
def generate(request: Request, context: GenerateContext) -> Job | None:
    """The job of one of our providers."""
    match request.provider:
        case "local-image":
            from genblaze_local.image import LocalImageProvider

            return context.provider(LocalImageProvider).job(request, context)
        case "local-audio":
            from genblaze_local.audio import LocalAudioProvider

            return context.provider(LocalAudioProvider).job(request, context)
        case "local-video":
            from genblaze_local.video import LocalVideoProvider

            return context.provider(LocalVideoProvider).job(request, context)
    return None


def _capability(key: str, modality: Modality, summary: str) -> Capability:
    return Capability(hook="generate", key=key, summary=summary, aliases=("local",), modalities=(modality,))
