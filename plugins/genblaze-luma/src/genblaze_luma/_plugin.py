"""The plugin: `luma`, for videos and pictures."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from genblaze import Capability, GenerateContext, Job, Modality, Request, hookimpl
from genblaze_http import declare
from genblaze_luma.vendor import LUMA


@hookimpl
def provides() -> Iterable[Capability]:
    """One provider for both; the step's modality decides."""
    either = declare(LUMA, "luma", None, "Luma videos and pictures")
    return [msgspec.structs.replace(either, modalities=(Modality.VIDEO, Modality.IMAGE))]


@hookimpl
def generate(request: Request, context: GenerateContext) -> Job | None:
    """The job of our provider."""
    if request.provider != "luma":
        return None
    from genblaze_luma.provider import LumaProvider

    return context.provider(LumaProvider).job(request, context)
