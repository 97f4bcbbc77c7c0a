"""`chat()` and `achat()`: a question to one of the Gemini models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from genblaze.models.chat import ChatMessage, ChatResponse, ContentBlock, ToolCall, conversation, json_schema_format
from genblaze.sync import run_sync
from genblaze_google.vendor import GOOGLE
from genblaze_google.vertex import Cloud
from genblaze_google.wire import ended, parts_of, wire_names
from genblaze_http import callable_module
from genblaze_http.completions import ChatOptions, ChatRequest

_NAMES = {"max_tokens": "maxOutputTokens"}


def chat(model: str, messages: list[ChatMessage] | list[dict[str, Any]] | None = None, **options: Any) -> ChatResponse:
    """Ask a language model. Takes what `achat` takes, and waits for the answer."""
    return run_sync(lambda: achat(model, messages, **options))


async def achat(
    model: str,
    messages: list[ChatMessage] | list[dict[str, Any]] | None = None,
    *,
    project: str | None = None,
    location: str = "us-central1",
    client: Any = None,
    **options: Any,
) -> ChatResponse:
    """Ask a Gemini model. Nothing is recorded, and nothing is asked twice unless `retry_on_rate_limit` is set.

    Args:
        model: Which model.
        messages: The conversation, of `ChatMessage` or dicts; goes before `prompt`.
        project: Id of a Google Cloud project, to ask over Vertex AI with this machine's login instead of a key.
        location: Where in the cloud.
        client: A client of the official SDK (`google.genai.Client`) to ask instead.
        options: `prompt`, `system`, `tools`, `temperature`, `max_tokens`, `response_format`; `api_key` (else
            `GOOGLE_API_KEY`, else `GEMINI_API_KEY`), `base_url` (without the version; else `GOOGLE_GEMINI_BASE_URL`),
            `timeout` (seconds), `retry_on_rate_limit` and `retry_policy`; see `genblaze_http.completions`. What is none
            of them goes into Google's `generationConfig`.

    Raises:
        ProviderError: There is nothing to ask, no key, or the vendor refused or failed.
        TypeError: `response_format` is neither a dict nor a pydantic model class.
    """
    vendor, path = GOOGLE, f"/v1beta/models/{model}"
    if project is not None and client is None:
        cloud = Cloud(project, location)
        await cloud.log_in()
        vendor, path = cloud.vendor(GOOGLE), cloud.model_path(model)
        options["api_key"] = cloud.token
    chosen = ChatOptions(vendor, options)
    body = _body(messages, chosen.asked, chosen.more)
    sdk = None if client is None else partial(_ask_sdk, client, model, body)
    return _read(await chosen.ask(f"{path}:generateContent", body, sdk), model)


def _ask_sdk(client: Any, model: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Ask through the SDK, which has everything but the conversation in its `config`, and give the API's own answer."""
    config = {name: value for name, value in body.items() if name not in ("contents", "generationConfig")}
    config |= body.get("generationConfig") or {}
    answer = client.models.generate_content(model=model, contents=body["contents"], config=config)
    return dict(answer.model_dump(mode="json", by_alias=True, exclude_none=True))


def _body(
    messages: Sequence[ChatMessage | dict[str, Any]] | None, asked: ChatRequest, more: Mapping[str, Any]
) -> dict[str, Any]:
    turns = conversation(messages, prompt=asked.get("prompt"), system=asked.get("system"))
    names = {call.id: call.name for turn in turns for call in turn.tool_calls or ()}
    system = [part for turn in turns if turn.role == "system" for part in _parts(turn, names)]
    limits = {name: asked.get(name) for name in ("temperature", "max_tokens")}
    given = {name: value for name, value in limits.items() if value is not None}
    config = {**wire_names({**given, **more}, _NAMES), **_format(json_schema_format(asked.get("response_format")))}
    tools = [tool.get("function", tool) for tool in asked.get("tools") or ()]
    body = {
        "contents": [
            {"role": "model" if turn.role == "assistant" else "user", "parts": _parts(turn, names)}
            for turn in turns
            if turn.role != "system"
        ],
        "systemInstruction": {"parts": system} if system else None,
        "tools": [{"functionDeclarations": tools}] if tools else None,
        "generationConfig": config or None,
    }
    return {name: value for name, value in body.items() if value is not None}


def _parts(turn: ChatMessage, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The parts of a message; the answer of a tool names the function whose call it answers."""
    if turn.role == "tool":
        text = "".join(getattr(block, "text", "") for block in turn.content_blocks)
        name = turn.name or names.get(turn.tool_call_id or "", "")
        return [{"functionResponse": {"name": name, "response": {"result": text}}}]
    calls = [{"functionCall": {"name": call.name, "args": call.arguments}} for call in turn.tool_calls or ()]
    return [*map(_part, turn.content_blocks), *calls]


def _part(block: ContentBlock) -> dict[str, Any]:
    if block.type == "text":
        return {"text": block.text}
    place: Any = getattr(block, block.type)
    if place.url.startswith("data:"):
        head, _, data = place.url[5:].partition(",")
        return {"inlineData": {"mimeType": head.partition(";")[0], "data": data}}
    kind = {} if place.media_type is None else {"mimeType": place.media_type}
    return {"fileData": {"fileUri": place.url, **kind}}


def _format(wanted: dict[str, Any] | None) -> dict[str, Any]:
    """OpenAI's `response_format` as Google has it."""
    if wanted is None or wanted.get("type") == "text":
        return {}
    schema = (wanted.get("json_schema") or {}).get("schema")
    return {"responseMimeType": "application/json", **({} if schema is None else {"responseJsonSchema": schema})}


def _read(told: dict[str, Any], model: str) -> ChatResponse:
    parts = parts_of(told, model)
    if not parts:
        raise ended(told, model)
    usage = told.get("usageMetadata") or {}
    made = [usage[name] for name in ("candidatesTokenCount", "thoughtsTokenCount") if name in usage]
    calls = [part["functionCall"] for part in parts if "functionCall" in part]
    return ChatResponse(
        text="".join(part.get("text", "") for part in parts),
        model=told.get("modelVersion") or model,
        finish_reason=told["candidates"][0].get("finishReason"),
        tokens_in=usage.get("promptTokenCount"),
        tokens_out=sum(made) if made else None,
        tokens_cached=usage.get("cachedContentTokenCount"),
        tool_calls=[
            ToolCall(id=call.get("id") or f"call_{number}", name=call["name"], arguments=call.get("args") or {})
            for number, call in enumerate(calls)
        ],
        raw=told,
    )


callable_module(__name__)
