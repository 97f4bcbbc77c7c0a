"""The plugin: `luma`, for videos and pictures; the step's modality decides."""

from __future__ import annotations

from genblaze_http import declare, provider_hooks
from genblaze_luma.vendor import LUMA, MAKES

provides, generate = provider_hooks(
    "genblaze_luma",
    {
        "provider:LumaProvider": declare(LUMA, "luma", MAKES, "Luma videos and pictures"),
    },
)
