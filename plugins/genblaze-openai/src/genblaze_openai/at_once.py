"""What OpenAI's providers that answer at once share."""

from __future__ import annotations

from genblaze_http import ListsModels, SingleCallProvider
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
