"""Chat as OpenAI's `/chat/completions` has it, which most vendors speak."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypedDict

import msgspec

from genblaze.errors import ProviderError
from genblaze.models import ProviderErrorCode
from genblaze.models.chat import ChatMessage, ChatResponse, ToolCall, conversation, json_schema_format
from genblaze.retry import RetryPolicy


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


async def with_waits(
    ask: Callable[[], Awaitable[ChatResponse]], policy: RetryPolicy | None, *, enabled: bool
) -> ChatResponse:
    """Ask, and where it is `enabled`, wait and ask again after a rate limit; nothing else is asked twice."""
    import asyncio

    policy, attempt = policy or RetryPolicy(), 1
    while True:
        try:
            return await ask()
        except ProviderError as error:
            limited = error.error_code is ProviderErrorCode.RATE_LIMIT
            if not (enabled and limited and policy.should_retry(error.error_code, attempt)):
                raise
            await asyncio.sleep(policy.compute_delay(attempt, error.retry_after))
            attempt += 1


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
