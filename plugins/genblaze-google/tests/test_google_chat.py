"""`chat()` and `achat()` against a played Google."""

import asyncio

import pytest
from google import genai

from genblaze import ProviderError, RetryPolicy
from genblaze.testing import Answer
from genblaze_google import achat, chat

PATH, MODEL = "/v1beta/models/gemini-3.8-flash:generateContent", "gemini-3.8-flash"
QUICK = RetryPolicy(max_attempts=3, initial_backoff_sec=0.01, max_backoff_sec=0.01)
USAGE = {"promptTokenCount": 12, "candidatesTokenCount": 3, "thoughtsTokenCount": 5, "cachedContentTokenCount": 4}


def said(*parts, reason="STOP"):
    return Answer(
        body={
            "candidates": [{"content": {"role": "model", "parts": list(parts)}, "finishReason": reason}],
            "usageMetadata": USAGE,
        }
    )


@pytest.fixture
def talking(google):
    google.on("POST", PATH, said({"text": "hm", "thought": True}, {"text": "a fox"}))
    return google


def test_an_answer_carries_text_without_thoughts_and_all_tokens(talking):
    answer = chat(MODEL, prompt="what is it?")
    assert (answer.text, answer.finish_reason, answer.model) == ("a fox", "STOP", MODEL)
    assert (answer.tokens_in, answer.tokens_out, answer.tokens_cached) == (12, 8, 4)


def test_what_is_asked_goes_where_google_has_it(talking):
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    messages = [
        {"role": "user", "content": [picture, {"type": "text", "text": "look it up"}]},
        {"role": "assistant", "tool_calls": [{"id": "c1", "name": "look", "arguments": {"at": "fox"}}]},
        {"role": "tool", "tool_call_id": "c1", "content": "it is red"},
    ]
    schema = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
    chat(MODEL, messages, system="be short", tools=[tool], max_tokens=50, top_p=0.5, response_format=schema)
    assert talking.paid()[0].body == {
        "systemInstruction": {"parts": [{"text": "be short"}]},
        "contents": [
            {
                "role": "user",
                "parts": [{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}, {"text": "look it up"}],
            },
            {"role": "model", "parts": [{"functionCall": {"name": "look", "args": {"at": "fox"}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "look", "response": {"result": "it is red"}}}]},
        ],
        "tools": [{"functionDeclarations": [tool["function"]]}],
        "generationConfig": {
            "maxOutputTokens": 50,
            "topP": 0.5,
            "responseMimeType": "application/json",
            "responseJsonSchema": {"type": "object"},
        },
    }


def test_a_client_of_the_sdk_is_asked_instead(talking, monkeypatch):
    with genai.Client(api_key="k", http_options={"base_url": talking.url}) as client:
        monkeypatch.delenv("GOOGLE_API_KEY")
        answer = chat(MODEL, prompt="what?", system="be short", max_tokens=50, client=client)
    assert answer.text == "a fox"
    (call,) = talking.paid()
    assert call.body["generationConfig"] == {"maxOutputTokens": 50}
    assert call.body["systemInstruction"]["parts"] == [{"text": "be short"}]


def test_tool_calls_are_read(talking):
    talking.on("POST", PATH, said({"functionCall": {"name": "look", "args": {"at": "fox"}}}))
    (call,) = asyncio.run(achat(MODEL, prompt="what?")).tool_calls
    assert (call.id, call.name, call.arguments) == ("call_0", "look", {"at": "fox"})


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(body={"promptFeedback": {"blockReason": "SAFETY"}}), "content_policy"),
        (said(reason="PROHIBITED_CONTENT"), "content_policy"),
        (said(reason="MAX_TOKENS"), "invalid_input"),
        (Answer(body={}), "model_error"),
    ],
)
def test_no_answer_is_an_error(talking, answer, code):
    talking.on("POST", PATH, answer)
    with pytest.raises(ProviderError) as caught:
        chat(MODEL, prompt="what?")
    assert caught.value.error_code == code


def test_a_rate_limit_is_waited_for_only_where_that_is_asked(talking):
    limited = Answer(status=429, body={"error": {"status": "RESOURCE_EXHAUSTED", "message": "slow"}})
    talking.on("POST", PATH, limited, limited, said({"text": "a fox"}))
    with pytest.raises(ProviderError):
        chat(MODEL, prompt="what?")
    assert chat(MODEL, prompt="what?", retry_on_rate_limit=True, retry_policy=QUICK).text == "a fox"


def test_nothing_to_ask_is_refused_before_anything_is_sent(talking):
    with pytest.raises(ProviderError, match="nothing to answer"):
        chat(MODEL)
    assert talking.calls == []


def test_without_a_key_nothing_is_sent(talking, monkeypatch):
    monkeypatch.delenv("GOOGLE_API_KEY")
    with pytest.raises(ProviderError, match="Set GOOGLE_API_KEY or GEMINI_API_KEY"):
        chat(MODEL, prompt="what?")
    assert talking.calls == []
