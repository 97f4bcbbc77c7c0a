"""Messages to and answers from language models, the same for every vendor.

Names and fields are the published ones; the form is that of OpenAI's chat messages, which most vendors speak.
"""

from collections.abc import Sequence
from json import JSONDecodeError, loads
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, get_args

import msgspec

from genblaze.errors import InvalidValueError, ProviderError
from genblaze.models.enums import ProviderErrorCode
from genblaze.models.record import Record

__all__ = [
    "AudioURLContent",
    "AudioURLRef",
    "ChatMessage",
    "ChatResponse",
    "ChatRole",
    "ContentBlock",
    "ImageURLContent",
    "ImageURLRef",
    "TextContent",
    "ToolCall",
    "VideoURLContent",
    "VideoURLRef",
    "conversation",
    "json_schema_format",
]

ChatRole: TypeAlias = Literal["system", "user", "assistant", "tool"]
"""Who speaks."""


class ImageURLRef(Record, kw_only=True):
    """Where a picture is.

    Attributes:
        url: An `https:` or a `data:` URL.
        detail: How closely the model shall look.
        media_type: `type/subtype`, for vendors that want it.
    """

    url: str
    detail: Literal["low", "high", "auto"] | None = None
    media_type: str | None = None


class VideoURLRef(Record, kw_only=True):
    """Where a video is: its URL, and its media type for vendors that want it."""

    url: str
    media_type: str | None = None


class AudioURLRef(Record, kw_only=True):
    """Where a sound is: its URL, and its media type for vendors that want it."""

    url: str
    media_type: str | None = None


class TextContent(Record, kw_only=True):
    """A piece of text in a message."""

    type: Literal["text"] = "text"
    text: str


class ImageURLContent(Record, kw_only=True):
    """A picture in a message."""

    type: Literal["image_url"] = "image_url"
    image_url: ImageURLRef


class VideoURLContent(Record, kw_only=True):
    """A video in a message."""

    type: Literal["video_url"] = "video_url"
    video_url: VideoURLRef


class AudioURLContent(Record, kw_only=True):
    """A sound in a message."""

    type: Literal["audio_url"] = "audio_url"
    audio_url: AudioURLRef


ContentBlock: TypeAlias = TextContent | ImageURLContent | VideoURLContent | AudioURLContent
"""One part of a message; its `type` names it."""

_BLOCKS: dict[str, type[ContentBlock]] = {
    "text": TextContent,
    "image_url": ImageURLContent,
    "video_url": VideoURLContent,
    "audio_url": AudioURLContent,
}

if TYPE_CHECKING:
    _Blocks: TypeAlias = list[ContentBlock]
    _Arguments: TypeAlias = dict[str, Any]
else:  # what a decoder cannot tell apart by itself is made and checked in `_check`
    _Blocks = list[Any] | None
    _Arguments = Any


class ToolCall(Record, kw_only=True):
    """The model asks for a function to be called.

    Attributes:
        id: The call's own id, repeated in the message that answers it (`ChatMessage.tool_call_id`).
        name: Which function.
        arguments: Its arguments. The JSON text in which vendors send them is parsed; text that is no JSON object
            is kept as `{"_raw": text}`.
    """

    id: str
    name: str
    arguments: _Arguments = msgspec.field(default_factory=dict)

    def _check(self) -> None:
        given: Any = self.arguments
        if isinstance(given, str):
            given = _parsed(given)
        if not isinstance(given, dict):
            msg = f"ToolCall.arguments must be a dict or the JSON text of one, not {type(given).__name__}"
            raise InvalidValueError(msg)
        self.arguments = dict(given)


class ChatMessage(Record, kw_only=True):
    """One turn of a conversation.

    Attributes:
        role: Who speaks.
        content: Text, or a list of parts. None, as vendors write it beside tool calls, becomes "".
        name: The speaker's name, if several share a role.
        tool_call_id: In a `tool` message, which call it answers.
        tool_calls: In an `assistant` message, which calls the model asks for.
    """

    role: ChatRole
    content: str | _Blocks = ""
    name: str | None = None
    tool_call_id: str | None = None
    tool_calls: list[ToolCall] | None = None

    @property
    def content_blocks(self) -> list[ContentBlock]:
        """The content as a list of parts, plain text too; empty if there is none."""
        if isinstance(self.content, str):
            return [TextContent(text=self.content)] if self.content else []
        return list(self.content)

    def _check(self) -> None:
        if isinstance(self.content, list):
            self.content = [_block(part, index) for index, part in enumerate(self.content)]
        else:
            self.content = self.content or ""


class ChatResponse(Record, kw_only=True):
    """What a language model answered.

    Attributes:
        text: The answer; "" if the model only asks for tools.
        model: Which model answered, as the vendor names it.
        finish_reason: The vendor's word for why it stopped.
        tokens_in: Tokens of the request.
        tokens_out: Tokens of the answer.
        tokens_cached: Tokens of the request that the vendor had in its cache.
        tool_calls: Functions that the model asks for.
        cost_usd: What the call cost in US dollars; None if unknown.
        raw: The vendor's whole answer.
    """

    text: str = ""
    model: str
    finish_reason: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_cached: int | None = None
    tool_calls: list[ToolCall] = msgspec.field(default_factory=list)
    cost_usd: float | None = None
    raw: dict[str, Any] = msgspec.field(default_factory=dict)

    def __repr__(self) -> str:
        """Say what came; the vendor's whole answer would drown it."""
        tokens = f"{self.tokens_in}/{self.tokens_out}"
        return f"ChatResponse({self.model!r}, {self.text!r}, tokens={tokens}, tools={len(self.tool_calls)})"


def conversation(
    messages: Sequence[ChatMessage | dict[str, Any]] | None = None,
    *,
    prompt: str | None = None,
    system: str | None = None,
) -> list[ChatMessage]:
    """Bring the arguments of a `chat()` function into one list of messages.

    Args:
        messages: The conversation so far; goes before `prompt`.
        prompt: A single user message, used if there are no messages.
        system: Instructions, put in front.

    Raises:
        ProviderError: `INVALID_INPUT`, if there is neither a message nor a prompt, or a message is malformed.
    """
    if not messages and prompt is None:
        msg = "There is nothing to answer: pass messages=[…] or prompt=…"
        raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)
    try:
        turns = [ChatMessage.model_validate(message) for message in messages or ()]
    except InvalidValueError as error:
        raise ProviderError(str(error), error_code=ProviderErrorCode.INVALID_INPUT) from error
    if not turns:
        turns = [ChatMessage(role="user", content=prompt or "")]
    return turns if system is None else [ChatMessage(role="system", content=system), *turns]


def json_schema_format(response_format: dict[str, Any] | type | None) -> dict[str, Any] | None:
    """Bring the `response_format` argument of a `chat()` function into OpenAI's wire format.

    Args:
        response_format: The wire format itself, or a class with `model_json_schema()` (a pydantic model).

    Raises:
        TypeError: For anything else.
    """
    if response_format is None or isinstance(response_format, dict):
        return response_format
    if isinstance(response_format, type) and callable(schema := getattr(response_format, "model_json_schema", None)):
        described = {"name": response_format.__name__, "schema": schema(), "strict": True}
        return {"type": "json_schema", "json_schema": described}
    msg = f"response_format must be a dict or a pydantic model class, not {response_format!r}"
    raise TypeError(msg)


def _parsed(text: str) -> dict[str, Any]:
    try:
        value = loads(text)
    except (JSONDecodeError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {"_raw": text}


def _block(part: Any, index: int) -> ContentBlock:
    if isinstance(part, get_args(ContentBlock)):
        return cast("ContentBlock", part)
    kind = part.get("type") if isinstance(part, dict) else None
    if not isinstance(kind, str) or kind not in _BLOCKS:
        msg = f"ChatMessage.content[{index}] has the type {kind!r}; the types are {', '.join(_BLOCKS)}"
        raise InvalidValueError(msg)
    return _BLOCKS[kind].model_validate(part)
