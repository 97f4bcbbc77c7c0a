"""The plugin: `openai-dalle`, `openai-tts` and `openai-sora`, each also called `openai`."""

from __future__ import annotations

from collections.abc import Iterable

from genblaze import Capability, GenerateContext, Job, Modality, Request, hookimpl
from genblaze_http import declare
from genblaze_openai.vendor import OPENAI


@hookimpl
def provides() -> Iterable[Capability]:
    """One provider for each kind of media; the alias `openai` is resolved by modality."""
    return [
        declare(OPENAI, "openai-dalle", Modality.IMAGE, "OpenAI pictures, made and edited", alias="openai"),
        declare(OPENAI, "openai-tts", Modality.AUDIO, "OpenAI speech", alias="openai"),
        declare(OPENAI, "openai-sora", Modality.VIDEO, "OpenAI videos (shut down by OpenAI)", alias="openai"),
    ]


@hookimpl
def generate(request: Request, context: GenerateContext) -> Job | None:
    """The job of one of our providers."""
    match request.provider:
        case "openai-dalle":
            from genblaze_openai.dalle import DalleProvider

            return context.provider(DalleProvider).job(request, context)
        case "openai-tts":
            from genblaze_openai.tts import OpenAITTSProvider

            return context.provider(OpenAITTSProvider).job(request, context)
        case "openai-sora":
            from genblaze_openai.sora import SoraProvider

            return context.provider(SoraProvider).job(request, context)
    return None
