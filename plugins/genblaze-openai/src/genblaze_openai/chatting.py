"""`chat()` and `achat()`: a question to one of OpenAI's language models."""

from __future__ import annotations

import asyncio
from typing import Any

from genblaze.errors import ProviderError
from genblaze.models import ProviderErrorCode
from genblaze.models.chat import ChatMessage, ChatResponse
from genblaze.retry import RetryPolicy
from genblaze.sync import run_sync
from genblaze_http import VendorClient
from genblaze_http.completions import ChatRequest, chat_body, read_completion, with_waits
from genblaze_openai.vendor import OPENAI

_ASKED = tuple(ChatRequest.__annotations__)


def chat(model: str, messages: list[ChatMessage] | list[dict[str, Any]] | None = None, **options: Any) -> ChatResponse:
    """Ask a language model. Takes what `achat` takes, and waits for the answer."""
    return run_sync(lambda: achat(model, messages, **options))


async def achat(
    model: str,
    messages: list[ChatMessage] | list[dict[str, Any]] | None = None,
    *,
    api_key: str | None = None,
    base_url: str | None = None,
    timeout: float = 60.0,
    client: Any = None,
    retry_on_rate_limit: bool = False,
    retry_policy: RetryPolicy | None = None,
    **options: Any,
) -> ChatResponse:
    """Ask a language model. Nothing is recorded, and nothing is asked twice unless `retry_on_rate_limit` is set.

    Args:
        model: Which model.
        messages: The conversation, of `ChatMessage` or dicts; goes before `prompt`.
        api_key: The key; else `OPENAI_API_KEY`.
        base_url: Where the API is; else `OPENAI_BASE_URL`.
        timeout: Seconds that the answer may take.
        client: A client of the official SDK to ask instead.
        retry_on_rate_limit: Wait and ask again after a rate limit.
        retry_policy: How often and how long.
        options: `prompt`, `system`, `tools`, `temperature`, `max_tokens`, `response_format` (see
            `genblaze_http.completions.ChatRequest`); what is none of them goes to the API as it is.

    Raises:
        ProviderError: There is nothing to ask, no key, or the vendor refused or failed.
        TypeError: `response_format` is neither a dict nor a pydantic model class.
    """
    asked = ChatRequest(**{name: options.pop(name) for name in _ASKED if name in options})  # type: ignore[typeddict-item]  # those names
    body = chat_body(model, messages, asked, options, limit="max_completion_tokens")

    async def ask() -> ChatResponse:
        if client is not None:
            return read_completion(await asyncio.to_thread(_ask_sdk, client, body), model)
        reply = await _vendor(api_key, base_url, timeout).call("POST", "/chat/completions", json=body)
        return read_completion(reply.json, model)

    return await with_waits(ask, retry_policy, enabled=retry_on_rate_limit)


def _vendor(api_key: str | None, base_url: str | None, timeout: float) -> VendorClient:
    key = api_key or OPENAI.key_from_environment()
    if key is None:
        msg = "OpenAI chat has no API key. Set OPENAI_API_KEY, or pass api_key="
        raise ProviderError(msg, error_code=ProviderErrorCode.AUTH_FAILURE, uncertain=False)
    return VendorClient(OPENAI, key=key, base_url=base_url or OPENAI.url_from_environment(), timeout=timeout)


def _ask_sdk(client: Any, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.chat.completions.create(**body)
    return answer if isinstance(answer, dict) else answer.model_dump()
