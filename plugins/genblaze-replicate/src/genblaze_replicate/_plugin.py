"""The plugin: `replicate`, for every kind of media; what comes out is the model's business."""

from __future__ import annotations

from genblaze_http import declare, provider_hooks
from genblaze_replicate.vendor import REPLICATE

provides, generate = provider_hooks(
    "genblaze_replicate",
    {
        "provider:ReplicateProvider": declare(REPLICATE, "replicate", None, "Models that run on Replicate"),
    },
)
