"""What OpenAI's providers that answer at once share: the published constructor."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from genblaze_http import ListsModels, Settings, SingleCallProvider
from genblaze_openai.vendor import OPENAI


class OpenAIProvider(ListsModels, SingleCallProvider):
    """A provider of OpenAI that answers at once.

    Args:
        api_key: The key; else `OPENAI_API_KEY`.
        http_timeout: Seconds that OpenAI may think; default 600, since a large picture takes minutes.
        output_dir: Folder for the files; without it the pipeline's.
        settings: `base_url` (else `OPENAI_BASE_URL`), `models`, `retry_policy` …: see `genblaze_http.Settings`.
    """

    vendor = OPENAI

    def __init__(
        self,
        api_key: str | None = None,
        http_timeout: float | None = None,
        output_dir: str | Path | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        super().__init__(api_key, http_timeout=http_timeout, output_dir=output_dir, **settings)
