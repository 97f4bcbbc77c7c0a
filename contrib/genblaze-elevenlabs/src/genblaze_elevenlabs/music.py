"""`ElevenLabsMusicProvider`: music from the prompt, or from a plan of its sections."""

from __future__ import annotations

from genblaze import Generation
from genblaze_elevenlabs.provider import ElevenLabsProvider, text_of
from genblaze_elevenlabs.vendor import MUSIC
from genblaze_http import Work


class ElevenLabsMusicProvider(ElevenLabsProvider):
    """Music: the prompt says which.

    Parameters: `music_length_ms` (or `duration`, in seconds; 3 seconds to 10 minutes), `composition_plan` in place of
    the prompt, `force_instrumental`, `output_format`, and whatever else the API takes under its own name.
    """

    name = "elevenlabs-music"
    vendor = MUSIC

    async def begin(self, work: Work) -> Generation:
        """Compose."""
        work.leave_out("negative_prompt")
        params = self.params(work) | work.given("seed")
        form = params.get("output_format", "auto")
        if "composition_plan" in params:
            params.pop("prompt", None)
        else:
            params["prompt"] = text_of(params)
        if (seconds := params.pop("duration", None)) is not None:
            params["music_length_ms"] = round(float(seconds) * 1000)
        return await self.heard(work, await self.ask("/v1/music", {"model_id": work.request.model, **params}), form)
