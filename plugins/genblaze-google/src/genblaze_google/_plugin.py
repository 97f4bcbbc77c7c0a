"""The plugin: `google-gemini-image` and `google-veo`, each also called `google`, and `google-imagen`."""

from __future__ import annotations

from genblaze import Modality
from genblaze_google.vendor import GOOGLE, IMAGEN
from genblaze_http import declare, provider_hooks

provides, generate = provider_hooks(
    "genblaze_google",
    {
        "gemini:GeminiImageProvider": declare(
            GOOGLE, "google-gemini-image", Modality.IMAGE, "Gemini pictures, made and edited", "google"
        ),
        "imagen:ImagenProvider": declare(
            IMAGEN, "google-imagen", Modality.IMAGE, "Imagen pictures (shut down by Google)"
        ),
        "veo:VeoProvider": declare(GOOGLE, "google-veo", Modality.VIDEO, "Veo videos (shut down by Google)", "google"),
    },
)
