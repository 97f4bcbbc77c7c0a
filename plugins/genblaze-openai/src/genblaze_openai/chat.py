"""`chat()` and `achat()`: a question to one of OpenAI's language models."""

from __future__ import annotations

from functools import partial
from typing import Any

from genblaze.models.chat import ChatMessage, ChatResponse
from genblaze.sync import run_sync
from genblaze_http import callable_module
from genblaze_http.completions import ChatOptions, chat_body, read_completion
from genblaze_openai.vendor import OPENAI


def chat(model: str, messages: list[ChatMessage] | list[dict[str, Any]] | None = None, **options: Any) -> ChatResponse:
    """Ask a language model. Takes what `achat` takes, and waits for the answer."""
    return run_sync(lambda: achat(model, messages, **options))


async def achat(
    model: str,
    messages: list[ChatMessage] | list[dict[str, Any]] | None = None,
    *,
    client: Any = None,
    **options: Any,
) -> ChatResponse:
    """Ask a language model. Nothing is recorded, and nothing is asked twice unless `retry_on_rate_limit` is set.

    Args:
        model: Which model.
        messages: The conversation, of `ChatMessage` or dicts; goes before `prompt`.
        client: A client of the official SDK to ask instead.
        options: `prompt`, `system`, `tools`, `temperature`, `max_tokens`, `response_format`; `api_key` (else
            `OPENAI_API_KEY`), `base_url` (else `OPENAI_BASE_URL`), `timeout` (seconds), `retry_on_rate_limit` and
            `retry_policy`; see `genblaze_http.completions`. What is none of them goes to the API as it is.

    Raises:
        ProviderError: There is nothing to ask, no key, or the vendor refused or failed.
        TypeError: `response_format` is neither a dict nor a pydantic model class.
    """
    chosen = ChatOptions(OPENAI, options)
    body = chat_body(model, messages, chosen.asked, chosen.more, limit="max_completion_tokens")
    sdk = None if client is None else partial(_ask_sdk, client, body)
    return read_completion(await chosen.ask("/chat/completions", body, sdk), model)


def _ask_sdk(client: Any, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.chat.completions.create(**body)
    return answer if isinstance(answer, dict) else dict(answer.model_dump())


callable_module(__name__)
