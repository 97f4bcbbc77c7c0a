"""The plugin: `replicate`, for every kind of media."""

from __future__ import annotations

from collections.abc import Iterable

from genblaze import Capability, GenerateContext, Job, Request, hookimpl
from genblaze_http import declare
from genblaze_replicate.vendor import REPLICATE


@hookimpl
def provides() -> Iterable[Capability]:
    """One provider; what comes out is the model's business."""
    return [declare(REPLICATE, "replicate", None, "Models that run on Replicate")]


@hookimpl
def generate(request: Request, context: GenerateContext) -> Job | None:
    """The job of our provider."""
    if request.provider != "replicate":
        return None
    from genblaze_replicate.provider import ReplicateProvider

    return context.provider(ReplicateProvider).job(request, context)
