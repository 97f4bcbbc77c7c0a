"""`OpenAITTSProvider`: speech from the prompt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from genblaze.errors import ProviderError
from genblaze.models import Modality, ProviderErrorCode
from genblaze.models.voice import Voice
from genblaze_http import Reply, Work
from genblaze_http.kinds import kind_of
from genblaze_openai.at_once import OpenAIProvider
from genblaze_openai.fields import refuse
from genblaze_openai.prices import speech_models

if TYPE_CHECKING:
    from genblaze.jobs import Generation
    from genblaze.providers.model_registry import ModelRegistry

USUAL_VOICE = "alloy"
#: Media types that bare samples do not come as.
_SAYS_OTHERWISE = re.compile("text/|application/json")
VOICES = (
    *("alloy", "ash", "ballad", "cedar", "coral", "echo", "fable"),
    *("marin", "nova", "onyx", "sage", "shimmer", "verse"),
)


class OpenAITTSProvider(OpenAIProvider):
    """Speech by OpenAI; the prompt is what is said.

    Parameters go to the API under its own names: `voice` (default `alloy`), `response_format` (`mp3`, `opus`, `aac`,
    `flac`, `wav`, or `pcm`: 24 kHz, 16 bit, mono, without a header), `speed`, `instructions`.
    """

    name = "openai-tts"
    modality = Modality.AUDIO

    @classmethod
    def create_registry(cls) -> ModelRegistry:
        """The prices of the models that are billed by characters."""
        return speech_models()

    def list_voices(self, *, model: str | None = None, language: str | None = None) -> list[Voice]:  # noqa: ARG002 - each speaks all
        """The voices that every model has; those of your account's own are asked for as `voice={"id": …}`."""
        return [Voice(voice_id=name, name=name.title(), provider=self.name) for name in VOICES]

    async def begin(self, work: Work) -> Generation:
        """Speak."""
        work.leave_out("seed", "negative_prompt")
        request = work.request
        if request.params.get("stream_format") == "sse":
            refuse(self.name, "stream_format", "events are no sound file. Leave it out")
        params = self.params(work)
        body = {"model": request.model, "input": params.pop("prompt"), "voice": USUAL_VOICE, **params}
        accept = {"accept": "application/octet-stream"}
        reply = await self.client.call("POST", "/audio/speech", json=body, headers=accept)
        form = body.get("response_format")
        _check_sound(reply, form)
        stated = "audio/pcm" if form == "pcm" else reply.media_type or None
        asset = await work.save(reply.content, stated)
        return self.generation([asset], payload={"openai": {"request_id": reply.request_id}})


def _check_sound(reply: Reply, form: Any) -> None:
    """Refuse an answer that is no sound, such as a gateway's page; bare samples have nothing by which they are known.

    Raises:
        ProviderError: It is something else. The request was paid all the same, perhaps.
    """
    stated = "audio/pcm" if form == "pcm" and not _SAYS_OTHERWISE.match(reply.media_type) else reply.media_type
    kind = kind_of(reply.content[:64], stated or None)
    if not reply.content or not kind.media_type.startswith("audio/"):
        msg = f"OpenAI answered with what is no sound ({kind.media_type}, {len(reply.content)} bytes)"
        raise ProviderError(msg, error_code=ProviderErrorCode.SERVER_ERROR, uncertain=True)
