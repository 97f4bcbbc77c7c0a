"""`ElevenLabsSFXProvider`: sound effects from the prompt."""

from __future__ import annotations

from genblaze import Generation
from genblaze_elevenlabs.provider import ElevenLabsProvider, text_of
from genblaze_elevenlabs.vendor import EFFECTS
from genblaze_http import Work


class ElevenLabsSFXProvider(ElevenLabsProvider):
    """Sound effects: the prompt is what is heard.

    Parameters: `duration_seconds` (or `duration`; 0.5 to 30, chosen by the model if left out), `prompt_influence` (0 to
    1), `loop`, `output_format`.
    """

    name = "elevenlabs-sfx"
    vendor = EFFECTS
    aliases = {"duration": "duration_seconds"}

    async def begin(self, work: Work) -> Generation:
        """Make the sound."""
        work.leave_out("seed", "negative_prompt")
        params = self.params(work)
        form = params.get("output_format", "mp3_44100_128")
        body = {"text": text_of(params), "model_id": work.request.model, **params}
        return await self.heard(work, await self.ask("/v1/sound-generation", body), form)
