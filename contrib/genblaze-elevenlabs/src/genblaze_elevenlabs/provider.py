"""What ElevenLabs' providers share: the published constructor, the call, and what is recorded of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Unpack

from genblaze import Asset, Generation, Modality, ModelRegistry, ProviderError, ProviderErrorCode
from genblaze_elevenlabs.prices import registry
from genblaze_elevenlabs.sounds import facts_of, media_type_of
from genblaze_http import Reply, Settings, SingleCallProvider, Work

QUERY = ("output_format", "enable_logging", "optimize_streaming_latency")  # parameters that the API takes in the URL


class ElevenLabsProvider(SingleCallProvider):
    """One of ElevenLabs' arts.

    Args:
        key: The key, also by the name `api_key`; else `ELEVENLABS_API_KEY`.
        output_dir: Folder for the files; without it the pipeline's own.
        http_timeout: Seconds that ElevenLabs may think before it answers.
        settings: See `genblaze_http.Settings`. `base_url` is how one gets to a region
            (`https://api.eu.residency.elevenlabs.io`).
    """

    modality = Modality.AUDIO
    aliases: dict[str, str] = {}

    def __init__(
        self,
        key: str | None = None,
        /,
        output_dir: str | Path | None = None,
        *,
        http_timeout: float | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        super().__init__(key, http_timeout, output_dir, **settings)

    @classmethod
    def create_registry(cls) -> ModelRegistry:
        """The models whose price is known."""
        return registry(cls.aliases)

    async def ask(self, path: str, body: dict[str, Any]) -> Reply:
        """The call that is paid for; what belongs into its URL is taken out of `body`."""
        query = {name: body.pop(name) for name in QUERY if name in body}
        return await self.client.call("POST", path, json=body, query=query)

    async def heard(self, work: Work, reply: Reply, output_format: str = "auto") -> Generation:
        """The generation of a reply whose body is the sound.

        Raises:
            ProviderError: It is something else.
        """
        if not (reply.media_type or "").startswith(("audio/", "application/octet-stream")):
            msg = f"ElevenLabs answered with {reply.media_type or 'nothing that it names'} in place of sound"
            raise ProviderError(msg, error_code=ProviderErrorCode.UNKNOWN)
        media_type = media_type_of(output_format, reply.media_type)
        return self.made(await work.save(reply.content, media_type, audio=facts_of(output_format)), reply)

    def made(self, asset: Asset, reply: Reply) -> Generation:
        """The generation of a sound, with what the reply says beside it."""
        facts = {"request_id": reply.request_id, "credits": _credits(reply)}
        return self.generation([asset], payload={"elevenlabs": facts})


def text_of(params: dict[str, Any]) -> str:
    """The prompt, taken out of the parameters.

    Raises:
        ProviderError: There is none.
    """
    text = params.pop("prompt", None)
    if not text:
        msg = "ElevenLabs needs a prompt: the text that is spoken, or what is to be heard"
        raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT, uncertain=False)
    return str(text)


def _credits(reply: Reply) -> int | None:
    stated = reply.headers.get("character-cost", "")
    return int(stated) if stated.isdecimal() else None
