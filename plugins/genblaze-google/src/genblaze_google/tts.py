"""`GeminiTTSProvider`: speech from the prompt."""

from __future__ import annotations

import base64
import binascii
import io
import re
import wave
from typing import TYPE_CHECKING, Any

from genblaze.models.enums import Modality, ProviderErrorCode
from genblaze_google.account import GoogleProvider
from genblaze_google.wire import ended, parts_of, refused, wire_names
from genblaze_http import SingleCallProvider, Work

if TYPE_CHECKING:
    from genblaze.jobs import Generation

USUAL_VOICE = "Kore"
_FACTS = ("responseId", "modelVersion", "usageMetadata")
_RATE = re.compile(r"\brate=(\d+)")


class GeminiTTSProvider(GoogleProvider, SingleCallProvider):
    """Speech by the Gemini TTS models (`gemini-3.8-flash-tts`); the prompt is what is said, and how.

    Parameters: `voice` (default `Kore`), or `speech_config` in Google's form for several speakers, and whatever else
    Google's `generationConfig` knows. The vendor's bare samples become a WAV file.
    """

    name = "google-tts"
    modality = Modality.AUDIO

    async def begin(self, work: Work) -> Generation:
        """Speak."""
        work.leave_out("negative_prompt")
        model = work.request.model
        path = f"{self.model_path(model)}:generateContent"
        told = (await self.client.call("POST", path, json=self._body(work))).json
        sounds = [part["inlineData"] for part in parts_of(told, model) if "inlineData" in part]
        if not sounds:
            raise ended(told, model)
        assets = [await work.save(_playable(sound), sound.get("mimeType")) for sound in sounds]
        return self.generation(assets, payload={"google": {name: told[name] for name in _FACTS if name in told}})

    def _body(self, work: Work) -> dict[str, Any]:
        config = wire_names(self.params(work), {})
        prompt, voice = config.pop("prompt"), config.pop("voice", USUAL_VOICE)
        if work.request.seed is not None:
            config.setdefault("seed", work.request.seed)
        config.setdefault("speechConfig", {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": voice}}})
        return {
            "contents": [{"role": "user", "parts": [{"text": prompt}]}],
            "generationConfig": {"responseModalities": ["AUDIO"], **config},
        }


def _playable(sound: dict[str, Any]) -> bytes:
    """The bytes of a sound, with a WAV header before bare samples (16 bit, mono, the rate as stated)."""
    stated = str(sound.get("mimeType", ""))
    try:
        data = base64.b64decode(sound["data"], validate=True)
    except binascii.Error as error:
        msg = "Google answered with a sound that is no base64"
        raise refused(msg, ProviderErrorCode.SERVER_ERROR) from error
    if not stated.lower().startswith(("audio/l16", "audio/pcm")):
        return data
    rate, file = _RATE.search(stated), io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(int(rate[1]) if rate else 24000)
        writer.writeframes(data)
    return file.getvalue()
