"""Reading of failures and waiting times, for providers that call their vendor themselves."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import pytest

from genblaze import ProviderError, RetryPolicy
from genblaze.providers.failures import call_with_rate_limit_retry, classify_api_error, retry_after_from_response


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("request timed out", "timeout"),
        ("Rate limit exceeded", "rate_limit"),
        ("429 Too Many Requests", "rate_limit"),
        ("rejected by our content policy", "content_policy"),
        ("Unauthorized", "auth_failure"),
        ("invalid value", "invalid_input"),
        ("Internal server error", "server_error"),
        ("model not found", "model_error"),
        ("The model gpt-x does not exist", "model_error"),
        ("something else", "unknown"),
        ("blocked by the content filter", "content_policy"),
        ("authorization failed", "auth_failure"),
        ("invalid_request", "invalid_input"),
    ],
)
def test_a_text_is_classified_by_its_words(text, code):
    assert classify_api_error(text) == code


@pytest.mark.parametrize("text", ["the author of v1500", "an observer", "12429 bytes", "authentic"])
def test_parts_of_words_and_of_numbers_say_nothing(text):
    assert classify_api_error(text) == "unknown"


def test_an_exception_is_classified_by_what_it_is_before_its_words():
    class StatusError(Exception):
        status_code = 503

    assert classify_api_error(StatusError("invalid")) == "server_error"
    assert classify_api_error(TimeoutError()) == "timeout"
    assert classify_api_error(ProviderError("429", error_code="model_error")) == "model_error"


def test_a_waiting_time_is_found_in_headers_responses_and_exceptions():
    headers = {"Retry-After": "7"}
    response = SimpleNamespace(headers=headers)
    assert [retry_after_from_response(each) for each in (headers, response, SimpleNamespace(response=response))] == [
        7.0,
        7.0,
        7.0,
    ]


@pytest.mark.parametrize(("value", "seconds"), [("1.5", 1.5), ("500", 120.0), ("0", None), ("-1", None), ("x", None)])
def test_a_waiting_time_is_positive_and_at_most_two_minutes(value, seconds):
    assert retry_after_from_response({"retry-after": value}) == seconds


def test_a_waiting_time_may_be_a_date():
    soon, past = (format_datetime(datetime.now(UTC) + timedelta(seconds=offset), usegmt=True) for offset in (90, -90))
    assert 30 < retry_after_from_response({"retry-after": soon}) <= 90
    assert retry_after_from_response({"retry-after": past}) is None
    assert retry_after_from_response(None) is None


class Limited:
    """Fails with the given codes, then answers."""

    def __init__(self, *codes):
        self.codes = list(codes)

    def __call__(self):
        if self.codes:
            raise ProviderError("no", error_code=self.codes.pop(0), retry_after=0.001)
        return "answer"


def test_a_call_is_repeated_while_the_rate_is_limited():
    assert call_with_rate_limit_retry(Limited("rate_limit", "rate_limit")) == "answer"


@pytest.mark.parametrize(
    ("codes", "policy", "left"),
    [
        (["server_error", "rate_limit"], RetryPolicy(), 1),
        (["rate_limit", "rate_limit"], RetryPolicy.disabled(), 1),
        (["rate_limit", "rate_limit", "rate_limit"], RetryPolicy(max_attempts=2), 1),
    ],
)
def test_other_failures_and_the_last_one_come_through(codes, policy, left):
    call = Limited(*codes)
    with pytest.raises(ProviderError, match="no"):
        call_with_rate_limit_retry(call, policy=policy)
    assert len(call.codes) == left
