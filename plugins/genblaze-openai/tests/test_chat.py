"""`chat()` and `achat()` against a played OpenAI."""

import asyncio

import openai as sdk
import pytest

from genblaze import ChatResponse, ProviderError, RetryPolicy
from genblaze.testing import Answer
from genblaze_openai import achat, chat

QUICK = RetryPolicy(max_attempts=3, initial_backoff_sec=0.01, max_backoff_sec=0.01)


@pytest.fixture
def talking(openai, completion):
    openai.on("POST", "/v1/chat/completions", completion)
    return openai


def test_an_answer_carries_text_tokens_and_the_whole_body(talking):
    answer = chat("gpt-6-luna", prompt="what is it?")
    assert isinstance(answer, ChatResponse)
    assert (answer.text, answer.finish_reason) == ("a fox", "stop")
    assert (answer.tokens_in, answer.tokens_out, answer.tokens_cached) == (12, 3, 4)
    assert answer.raw["id"] == "chatcmpl-1"


def test_several_questions_in_one_loop(talking):
    async def main():
        return await asyncio.gather(*(achat("gpt-6-luna", prompt=str(number)) for number in range(3)))

    assert [answer.text for answer in asyncio.run(main())] == ["a fox"] * 3


def test_a_client_of_the_sdk_is_asked_instead(talking, monkeypatch):
    with sdk.OpenAI(max_retries=0) as client:
        monkeypatch.delenv("OPENAI_API_KEY")
        assert chat("gpt-6-luna", prompt="what?", client=client).text == "a fox"


def test_tool_calls_are_read(talking, completion):
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"at": "fox"}'}}
    told = {**completion.body, "choices": [{"finish_reason": "tool_calls", "message": {"tool_calls": [call]}}]}
    talking.on("POST", "/v1/chat/completions", Answer(body=told))
    answer = chat("gpt-6-luna", prompt="what?")
    assert (answer.text, answer.tool_calls[0].name, answer.tool_calls[0].arguments) == ("", "look", {"at": "fox"})


@pytest.mark.parametrize(
    ("choices", "code"),
    [
        ([], "server_error"),
        ([{"finish_reason": "content_filter", "message": {"content": ""}}], "content_policy"),
        ([{"finish_reason": "stop", "message": {"refusal": "I cannot"}}], "content_policy"),
    ],
)
def test_no_answer_is_an_error(talking, choices, code):
    talking.on("POST", "/v1/chat/completions", Answer(body={"choices": choices}))
    with pytest.raises(ProviderError) as caught:
        chat("gpt-6-luna", prompt="what?")
    assert caught.value.error_code == code


def test_a_rate_limit_is_waited_for_only_where_that_is_asked(talking, completion):
    limited = Answer(status=429, body={"error": {"code": "rate_limit_exceeded", "message": "slow"}})
    talking.on("POST", "/v1/chat/completions", limited, completion)
    with pytest.raises(ProviderError):
        chat("gpt-6-luna", prompt="what?")
    talking.on("POST", "/v1/chat/completions", limited, completion)
    assert chat("gpt-6-luna", prompt="what?", retry_on_rate_limit=True, retry_policy=QUICK).text == "a fox"
    assert len(talking.calls) == 3


def test_nothing_to_ask_and_no_key_are_refused_before_anything_is_sent(talking, monkeypatch):
    with pytest.raises(ProviderError, match="nothing to answer"):
        chat("gpt-6-luna")
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(ProviderError, match="Set OPENAI_API_KEY"):
        chat("gpt-6-luna", prompt="what?")
    assert talking.calls == []
