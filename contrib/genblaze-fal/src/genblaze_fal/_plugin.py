"""What genblaze loads: the provider `fal`; its class is imported when it is asked for."""

from __future__ import annotations

from genblaze import Modality
from genblaze_fal.vendor import FAL
from genblaze_http import declare, provider_hooks

MAKES = (Modality.IMAGE, Modality.VIDEO, Modality.AUDIO)

provides, generate = provider_hooks(
    "genblaze_fal",
    {"provider:FalProvider": declare(FAL, "fal", MAKES, "Pictures, videos and sound by the models on fal.ai")},
)
