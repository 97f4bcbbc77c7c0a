"""What genblaze loads: the hooks of the plugin, and no heavy import."""

from __future__ import annotations

from collections.abc import Iterable

from genblaze import Capability, GenerateContext, Job, Modality, Request, hookimpl


@hookimpl
def provides() -> Iterable[Capability]:
    """One provider, by the name that pipelines use."""
    return [Capability(hook="generate", key="acme", summary="Acme images", modalities=(Modality.IMAGE,))]


@hookimpl
def generate(request: Request, context: GenerateContext) -> Job | None:
    """The job of a request for our provider; None when another one is meant."""
    if request.provider != "acme":
        return None
    from genblaze_acme.provider import AcmeProvider

    return context.provider(AcmeProvider).job(request, context)
