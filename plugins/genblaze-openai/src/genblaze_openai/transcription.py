"""`OpenAITranscriptionProvider`: the words of a recording."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genblaze.models import Asset, Modality
from genblaze_http import FilePart, Reply, Work
from genblaze_openai.at_once import OpenAIProvider
from genblaze_openai.fields import form_fields, refuse

if TYPE_CHECKING:
    from genblaze.jobs import Generation

#: Media types of what comes as it is, by `response_format`; the rest is JSON.
_PLAIN = {"text": "text/plain", "srt": "application/x-subrip", "vtt": "text/vtt"}
_FACTS = ("language", "duration", "usage", "segments", "words")


class OpenAITranscriptionProvider(OpenAIProvider):
    """What is said in a recording (sound or film), as a text; the prompt helps with names and style.

    Parameters go to the API under its own names: `language`, `response_format` (`json`, `text`, `srt`, `vtt`,
    `verbose_json`, `diarized_json`), `temperature`, `timestamp_granularities`, `include` … Segments and words with
    their times stand in `step.provider_payload["openai"]`.
    """

    name = "openai-transcription"
    modality = Modality.TEXT
    takes_inputs = ("audio", "video")

    async def begin(self, work: Work) -> Generation:
        """Listen."""
        work.leave_out("seed", "negative_prompt")
        recordings = work.inputs(*self.takes_inputs)
        if len(recordings) != 1:
            refuse(self.name, "inputs", f"one recording is transcribed, not {len(recordings)}. Use input_from")
        if work.request.params.get("stream"):
            refuse(self.name, "stream", "the finished text is what a step gives. Leave it out")
        fields = {"model": work.request.model, **self.params(work)}
        if not fields.get("prompt"):
            fields.pop("prompt", None)
        parts: list[tuple[str, str | FilePart]] = [*form_fields(fields)]
        parts.append(("file", await work.input_file(recordings[0])))
        reply = await self.client.call("POST", "/audio/transcriptions", parts=parts)
        asset, facts = _read(reply, fields.get("response_format", "json"))
        return self.generation([asset], payload={"openai": {"request_id": reply.request_id, **facts}})


def _read(reply: Reply, form: Any) -> tuple[Asset, dict[str, Any]]:
    """The text, and what else is told about it."""
    if form in _PLAIN:
        return Asset.from_text(reply.content.decode("utf-8", "replace"), _PLAIN[form]), {}
    told = reply.json
    return Asset.from_text(told["text"]), {name: told[name] for name in _FACTS if name in told}
