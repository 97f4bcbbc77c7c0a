"""The plugin: pictures, speech and videos, each also called `google`, and what Google has shut down."""

from __future__ import annotations

from genblaze import Modality
from genblaze_google.vendor import GOOGLE, IMAGEN, OMNI, VEO
from genblaze_http import declare, provider_hooks

provides, generate = provider_hooks(
    "genblaze_google",
    {
        "gemini_image:GeminiImageProvider": declare(
            GOOGLE, "google-gemini-image", Modality.IMAGE, "Gemini pictures, made and edited", "google"
        ),
        "tts:GeminiTTSProvider": declare(GOOGLE, "google-tts", Modality.AUDIO, "Gemini speech", "google"),
        "omni:GeminiOmniProvider": declare(OMNI, "google-omni", Modality.VIDEO, "Gemini Omni videos", "google"),
        "imagen:ImagenProvider": declare(
            IMAGEN, "google-imagen", Modality.IMAGE, "Imagen pictures (shut down by Google)"
        ),
        "veo:VeoProvider": declare(VEO, "google-veo", Modality.VIDEO, "Veo videos (shut down by Google)"),
    },
)
