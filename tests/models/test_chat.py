"""Chat messages: what a program may pass, and what it gets back."""

import pytest

from genblaze.errors import InvalidValueError, ProviderError
from genblaze.models import ProviderErrorCode
from genblaze.models.chat import (
    AudioURLContent,
    ChatMessage,
    ChatResponse,
    ImageURLContent,
    ImageURLRef,
    TextContent,
    ToolCall,
    VideoURLContent,
    conversation,
    json_schema_format,
)

PARTS = [
    {"type": "text", "text": "what is this?"},
    {"type": "image_url", "image_url": {"url": "https://h/i.png", "detail": "low"}},
    {"type": "video_url", "video_url": {"url": "https://h/v.mp4"}},
    {"type": "audio_url", "audio_url": {"url": "https://h/a.mp3", "media_type": "audio/mpeg"}},
]


def test_parts_become_what_their_type_says():
    message = ChatMessage(role="user", content=PARTS)
    assert [type(part) for part in message.content] == [TextContent, ImageURLContent, VideoURLContent, AudioURLContent]
    assert message.content_blocks[1].image_url == ImageURLRef(url="https://h/i.png", detail="low")


def test_a_message_survives_a_round_trip_as_dict_and_as_json():
    message = ChatMessage(role="assistant", content=PARTS, tool_calls=[ToolCall(id="1", name="f", arguments={"a": 1})])
    assert message.model_dump(exclude_none=True)["content"] == PARTS
    assert ChatMessage.model_validate(message.model_dump()) == message
    assert ChatMessage.model_validate_json(message.model_dump_json()) == message


def test_plain_text_is_one_block_and_no_text_none():
    assert ChatMessage(role="user", content="hi").content_blocks == [TextContent(text="hi")]
    assert ChatMessage(role="user").content_blocks == []
    assert ChatMessage(role="assistant", content=None).content == ""


@pytest.mark.parametrize("part", [{"type": "smell"}, {"text": "no type"}, 7])
def test_an_unknown_part_is_refused_with_its_place(part):
    with pytest.raises(InvalidValueError, match=r"content\[1\].*the types are text, image_url"):
        ChatMessage(role="user", content=[TextContent(text="x"), part])


@pytest.mark.parametrize("fields", [{"role": "robot"}, {"role": "user", "content": 7}])
def test_a_message_needs_a_role_and_a_content_that_exist(fields):
    with pytest.raises(ValueError, match="ChatMessage"):
        ChatMessage(**fields)


def test_a_detail_is_one_of_three_however_many_were_right_before():
    ImageURLRef(url="u", detail="low")
    with pytest.raises(InvalidValueError, match="detail"):
        ImageURLRef(url="u", detail="extreme")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"a": 1}, {"a": 1}),
        ('{"a": 1}', {"a": 1}),
        ("{broken", {"_raw": "{broken"}),
        ("[1]", {"_raw": "[1]"}),
        ("", {"_raw": ""}),
    ],
)
def test_arguments_of_a_tool_call_are_parsed_or_kept_as_they_came(given, kept):
    assert ToolCall(id="1", name="f", arguments=given).arguments == kept


def test_arguments_that_are_no_object_are_refused():
    with pytest.raises(InvalidValueError, match="arguments"):
        ToolCall(id="1", name="f", arguments=[1])


def test_the_name_of_the_model_is_all_that_an_answer_needs():
    answer = ChatResponse(model="m", tool_calls=[{"id": "1", "name": "f", "arguments": "{}"}])
    assert (answer.text, answer.cost_usd, answer.raw) == ("", None, {})
    assert answer.tool_calls == [ToolCall(id="1", name="f")]
    assert repr(answer) == "ChatResponse('m', '', tokens=None/None, tools=1)"


def test_messages_go_before_the_prompt_and_the_system_text_in_front():
    told = [{"role": "user", "content": "from messages"}]
    assert [turn.content for turn in conversation(told, prompt="unused", system="be brief")] == [
        "be brief",
        "from messages",
    ]
    assert conversation(prompt="hello") == [ChatMessage(role="user", content="hello")]


@pytest.mark.parametrize("messages", [None, [], [{"role": "robot"}]])
def test_a_conversation_without_a_proper_message_is_refused_before_it_is_sent(messages):
    with pytest.raises(ProviderError) as caught:
        conversation(messages)
    assert caught.value.error_code == ProviderErrorCode.INVALID_INPUT


def test_a_class_that_describes_itself_becomes_a_strict_schema():
    class Answer:
        @classmethod
        def model_json_schema(cls):
            return {"type": "object"}

    described = {"name": "Answer", "schema": {"type": "object"}, "strict": True}
    assert json_schema_format(Answer) == {"type": "json_schema", "json_schema": described}
    assert json_schema_format({"type": "json_object"}) == {"type": "json_object"}
    assert json_schema_format(None) is None
    with pytest.raises(TypeError, match="response_format"):
        json_schema_format("json")
