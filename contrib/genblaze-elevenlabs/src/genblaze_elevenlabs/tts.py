"""`ElevenLabsTTSProvider`: speech from the prompt, with the times of its words if they are asked for."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote

from genblaze import AudioMetadata, Generation, Voice
from genblaze.sync import run_sync
from genblaze_elevenlabs.provider import ElevenLabsProvider, text_of
from genblaze_elevenlabs.sounds import media_type_of, wav, words_of
from genblaze_elevenlabs.vendor import SPEECH
from genblaze_http import ListsModels, Reply, Work

VOICE = "JBFqnCBsd6RMkjVDRZzb"
VOICE_SETTINGS = ("stability", "similarity_boost", "style", "use_speaker_boost", "speed")


class ElevenLabsTTSProvider(ListsModels, ElevenLabsProvider):
    """Speech: the prompt is what is said.

    Parameters: `voice_id` (or `voice`), `output_format`, `language_code`, `with_timestamps` (times of the words, in
    `asset.audio.word_timings`), `stability`, `similarity_boost`, `style`, `use_speaker_boost`, `speed`, and whatever
    else the API takes under its own name. Raw `pcm_*` samples are kept as WAV.
    """

    name = "elevenlabs-tts"
    vendor = SPEECH
    models_path = "/v1/models"
    aliases = {"voice": "voice_id"}

    async def begin(self, work: Work) -> Generation:
        """Speak."""
        work.leave_out("negative_prompt")
        params = self.params(work)
        form = params.setdefault("output_format", "mp3_44100_128")
        timed = params.pop("with_timestamps", False)
        path = (
            f"/v1/text-to-speech/{quote(params.pop('voice_id', VOICE), safe='')}{'/with-timestamps' if timed else ''}"
        )
        reply = await self.ask(path, body_of({**params, **work.given("seed")}, work.request.model))
        return await self._timed(work, reply, form) if timed else await self._spoken(work, reply, form)

    async def _spoken(self, work: Work, reply: Reply, form: str) -> Generation:
        if not form.startswith("pcm_"):
            return await self.heard(work, reply, form)
        return self.made(await work.save(wav(reply.content, _rate(form)), "audio/wav"), reply)

    async def _timed(self, work: Work, reply: Reply, form: str) -> Generation:
        content = base64.b64decode(reply.json["audio_base64"], validate=True)
        audio = AudioMetadata(word_timings=words_of(reply.json.get("alignment")))
        if form.startswith("pcm_"):
            return self.made(await work.save(wav(content, _rate(form)), "audio/wav", audio=audio), reply)
        return self.made(await work.save(content, media_type_of(form, None), audio=audio), reply)

    def names_of(self, page: Any) -> Iterator[str]:
        """The models that speak."""
        return (model["model_id"] for model in page if model.get("can_do_text_to_speech", True))

    def next_page(self, page: Any) -> None:  # noqa: ARG002 - the list has one page
        """There is none."""
        return

    def list_voices(self, *, model: str | None = None, language: str | None = None) -> list[Voice]:  # noqa: ARG002
        """The voices of the account; each speaks with every model.

        Args:
            model: Any.
            language: Only voices that speak it (`en`).

        Raises:
            ProviderError: ElevenLabs refused or could not be reached.
        """

        async def collected() -> list[Voice]:
            return [voice async for voice in self._voices() if language in (None, voice.language)]

        return run_sync(collected)

    async def _voices(self) -> AsyncIterator[Voice]:
        query: dict[str, Any] | None = {"page_size": 100}
        while query:
            told = (await self.client.call("GET", "/v2/voices", query=query)).json
            for voice in told["voices"]:
                yield voice_of(voice)
            token = told.get("next_page_token") if told.get("has_more") else None
            query = {"page_size": 100, "next_page_token": token} if token else None


def body_of(params: dict[str, Any], model: str) -> dict[str, Any]:
    """The body of a request for speech; the settings of the voice go into an object of their own."""
    text = text_of(params)
    settings = {name: params.pop(name) for name in VOICE_SETTINGS if name in params}
    body = {"text": text, "model_id": model, **params}
    if settings:
        body["voice_settings"] = {**params.get("voice_settings", {}), **settings}
    return body


def voice_of(told: dict[str, Any]) -> Voice:
    """A voice as ElevenLabs describes it."""
    labels = told.get("labels") or {}
    tags = tuple(str(labels[name]) for name in ("accent", "descriptive", "use_case") if labels.get(name))
    return Voice(
        voice_id=told["voice_id"],
        name=told["name"],
        provider=ElevenLabsTTSProvider.name,
        gender=labels.get("gender") if labels.get("gender") in ("male", "female", "neutral") else None,
        language=labels.get("language"),
        style_tags=tags,
        sample_url=told.get("preview_url"),
    )


def _rate(form: str) -> int:
    return int(form.partition("_")[2])
