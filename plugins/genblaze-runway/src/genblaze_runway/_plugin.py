"""The plugin: `runway`, for videos and pictures."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from genblaze import Capability, GenerateContext, Job, Modality, Request, hookimpl
from genblaze_http import declare
from genblaze_runway.vendor import RUNWAY


@hookimpl
def provides() -> Iterable[Capability]:
    """One provider for both; the step's modality and inputs decide."""
    either = declare(RUNWAY, "runway", None, "Runway videos and pictures")
    return [msgspec.structs.replace(either, modalities=(Modality.VIDEO, Modality.IMAGE))]


@hookimpl
def generate(request: Request, context: GenerateContext) -> Job | None:
    """The job of our provider."""
    if request.provider != "runway":
        return None
    from genblaze_runway.provider import RunwayProvider

    return context.provider(RunwayProvider).job(request, context)
