"""The plugin: `google-gemini-image` and `google-veo`, each also called `google`, and `google-imagen`."""

from __future__ import annotations

from collections.abc import Iterable

from genblaze import Capability, GenerateContext, Job, Modality, Request, hookimpl
from genblaze_google.vendor import GOOGLE, IMAGEN
from genblaze_http import declare


@hookimpl
def provides() -> Iterable[Capability]:
    """The providers; the alias `google` is resolved by modality."""
    return [
        declare(GOOGLE, "google-gemini-image", Modality.IMAGE, "Gemini pictures, made and edited", alias="google"),
        declare(IMAGEN, "google-imagen", Modality.IMAGE, "Imagen pictures (shut down by Google)"),
        declare(GOOGLE, "google-veo", Modality.VIDEO, "Veo videos (shut down by Google)", alias="google"),
    ]


@hookimpl
def generate(request: Request, context: GenerateContext) -> Job | None:
    """The job of one of our providers."""
    match request.provider:
        case "google-gemini-image":
            from genblaze_google.gemini import GeminiImageProvider

            return context.provider(GeminiImageProvider).job(request, context)
        case "google-imagen":
            from genblaze_google.imagen import ImagenProvider

            return context.provider(ImagenProvider).job(request, context)
        case "google-veo":
            from genblaze_google.veo import VeoProvider

            return context.provider(VeoProvider).job(request, context)
    return None
