"""The plugin: `runway`, for videos and pictures; the step's modality and inputs decide."""

from __future__ import annotations

from genblaze_http import declare, provider_hooks
from genblaze_runway.vendor import MAKES, RUNWAY

provides, generate = provider_hooks(
    "genblaze_runway",
    {
        "provider:RunwayProvider": declare(RUNWAY, "runway", MAKES, "Runway videos and pictures"),
    },
)
