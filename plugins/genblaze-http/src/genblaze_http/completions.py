"""Chat: what every vendor's `chat()` shares, and OpenAI's `/chat/completions`, which most vendors speak."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypedDict

import msgspec

from genblaze.errors import ProviderError
from genblaze.models import ProviderErrorCode
from genblaze.models.chat import ChatMessage, ChatResponse, ToolCall, conversation, json_schema_format
from genblaze.retry import RetryPolicy
from genblaze_http.client import VendorClient
from genblaze_http.vendor import Vendor

#: Seconds that a language model may think, unless it is told otherwise.
CHAT_SEC = 60.0


class ChatRequest(TypedDict, total=False):
    """The published arguments of every vendor's `chat()` that say what is asked.

    Attributes:
        prompt: A single user message, where there are no messages.
        system: Instructions, put in front.
        tools: Functions that the model may ask for, in OpenAI's form.
        temperature: How freely the model chooses its words.
        max_tokens: How long the answer may be.
        response_format: OpenAI's form, or a pydantic model class.
    """

    prompt: str | None
    system: str | None
    tools: list[dict[str, Any]] | None
    temperature: float | None
    max_tokens: int | None
    response_format: dict[str, Any] | type | None


class ChatOptions:
    """The arguments of a `chat()` besides model, conversation and client, by what they are about.

    Args:
        vendor: Who is asked.
        options: `api_key` (else the vendor's environment variable), `base_url`, `timeout` (seconds, 60),
            `retry_on_rate_limit` (wait and ask again after a rate limit), `retry_policy` (how often and how long), and
            the names of `ChatRequest`.

    Attributes:
        asked: What is asked.
        more: What is left: the vendor's own parameters.
    """

    def __init__(self, vendor: Vendor, options: Mapping[str, Any]) -> None:
        more = dict(options)
        self.vendor = vendor
        self._key = more.pop("api_key", None) or vendor.key_from_environment()
        self._base_url = more.pop("base_url", None) or vendor.url_from_environment()
        self._timeout = more.pop("timeout", None) or CHAT_SEC
        self._again = bool(more.pop("retry_on_rate_limit", False))
        self._policy: RetryPolicy | None = more.pop("retry_policy", None)
        self.asked = ChatRequest(**{name: more.pop(name) for name in ChatRequest.__annotations__ if name in more})  # type: ignore[typeddict-item]  # those names
        self.more = more

    async def ask(self, path: str, body: Mapping[str, Any], sdk: Callable[[], dict[str, Any]] | None = None) -> Any:
        """The vendor's answer, parsed. Nothing is asked twice unless `retry_on_rate_limit` is set.

        Args:
            path: Below the base URL.
            body: What is asked, as JSON.
            sdk: Asks the user's own client of the official SDK instead.

        Raises:
            ProviderError: There is no key, or the vendor refused or failed.
        """
        if sdk is not None:
            return await self._with_waits(lambda: asyncio.to_thread(sdk))
        client = self._client()

        async def call() -> Any:
            return (await client.call("POST", path, json=body)).json

        return await self._with_waits(call)

    def _client(self) -> VendorClient:
        if self._key is None:
            names = " or ".join(self.vendor.key_variables)
            msg = f"{self.vendor.name} chat has no API key. Set {names}, or pass api_key="
            raise ProviderError(msg, error_code=ProviderErrorCode.AUTH_FAILURE, uncertain=False)
        return VendorClient(self.vendor, key=self._key, base_url=self._base_url, timeout=self._timeout)

    async def _with_waits(self, call: Callable[[], Awaitable[Any]]) -> Any:
        policy, attempt = self._policy or RetryPolicy(), 1
        while True:
            try:
                return await call()
            except ProviderError as error:
                limited = error.error_code is ProviderErrorCode.RATE_LIMIT
                if not (self._again and limited and policy.should_retry(error.error_code, attempt)):
                    raise
                await asyncio.sleep(policy.compute_delay(attempt, error.retry_after))
                attempt += 1


def chat_body(
    model: str,
    messages: Sequence[ChatMessage | dict[str, Any]] | None,
    asked: ChatRequest,
    more: Mapping[str, Any],
    *,
    limit: str = "max_tokens",
) -> dict[str, Any]:
    """The body of a call.

    Args:
        model: The vendor's model.
        messages: The conversation.
        asked: What else is asked.
        more: The vendor's own parameters, which go in as they are.
        limit: The vendor's name for `max_tokens`.

    Raises:
        ProviderError: `INVALID_INPUT`, where there is nothing to answer.
        TypeError: The response format is neither a dict nor a model class.
    """
    turns = conversation(messages, prompt=asked.get("prompt"), system=asked.get("system"))
    options = {
        "tools": asked.get("tools"),
        "temperature": asked.get("temperature"),
        limit: asked.get("max_tokens"),
        "response_format": json_schema_format(asked.get("response_format")),
    }
    given = {name: value for name, value in options.items() if value is not None}
    return {"model": model, "messages": [_message(turn) for turn in turns], **given, **more}


def read_completion(raw: Mapping[str, Any], model: str) -> ChatResponse:
    """A vendor's answer.

    Raises:
        ProviderError: `CONTENT_POLICY`, where the model or the vendor's filter refused; `SERVER_ERROR`, where there is
            no choice.
    """
    choices = raw.get("choices") or []
    if not choices:
        msg = f"{model} answered without any choice"
        raise ProviderError(msg, error_code=ProviderErrorCode.SERVER_ERROR, uncertain=True)
    message, reason = choices[0].get("message") or {}, choices[0].get("finish_reason")
    if message.get("refusal") or reason == "content_filter":
        msg = f"{model} refused: {message.get('refusal') or 'the answer was filtered'}"
        raise ProviderError(msg, error_code=ProviderErrorCode.CONTENT_POLICY, uncertain=False)
    usage = raw.get("usage") or {}
    return ChatResponse(
        text=message.get("content") or "",
        model=raw.get("model") or model,
        finish_reason=reason,
        tokens_in=usage.get("prompt_tokens"),
        tokens_out=usage.get("completion_tokens"),
        tokens_cached=(usage.get("prompt_tokens_details") or {}).get("cached_tokens"),
        tool_calls=[_called(tool) for tool in message.get("tool_calls") or []],
        raw=dict(raw),
    )


def _message(turn: ChatMessage) -> dict[str, Any]:
    content: Any = turn.content
    if not isinstance(content, str):
        content = [_plain(part.model_dump()) for part in content]
    calls = [_call(call) for call in turn.tool_calls or []]
    rest = {"name": turn.name, "tool_call_id": turn.tool_call_id, "tool_calls": calls or None}
    return {"role": turn.role, "content": content, **_plain(rest)}


def _plain(value: Any) -> Any:
    """Without what is not given."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if item is not None}
    return value


def _call(call: ToolCall) -> dict[str, Any]:
    raw = call.arguments.get("_raw") if set(call.arguments) == {"_raw"} else None
    text = raw if isinstance(raw, str) else msgspec.json.encode(call.arguments).decode()
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": text}}


def _called(tool: Mapping[str, Any]) -> ToolCall:
    function = tool.get("function") or {}
    return ToolCall(id=tool.get("id") or "", name=function.get("name") or "", arguments=function.get("arguments") or {})
