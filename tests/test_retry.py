"""Retry policies: the published presets, how long they wait, and what they refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genblaze import InvalidValueError, ProviderErrorCode, RetryPolicy, Step


def test_presets_are_the_published_ones():
    def numbers(policy):
        return policy.max_attempts, policy.initial_backoff_sec, policy.max_backoff_sec

    assert numbers(RetryPolicy()) == (6, 1.0, 30.0)
    assert numbers(RetryPolicy.conservative()) == (2, 2.0, 60.0)
    assert numbers(RetryPolicy.aggressive()) == (7, 0.5, 15.0)
    assert (RetryPolicy.disabled().max_attempts, RetryPolicy.disabled().retryable_codes) == (1, frozenset())
    assert [policy.resend_uncertain for policy in (RetryPolicy(), RetryPolicy.aggressive())] == [False, True]


def test_the_backoff_grows_to_its_bound():
    policy = RetryPolicy(jitter="none", initial_backoff_sec=1, max_backoff_sec=5)
    assert [policy.compute_delay(attempt) for attempt in (1, 2, 3, 4, 10_000)] == [1, 2, 4, 5, 5]


@given(st.integers(1, 10**9), st.sampled_from(["full", "equal", "none"]), st.floats(1, 1e6))
def test_no_wait_is_longer_than_the_bound(attempt, jitter, multiplier):
    policy = RetryPolicy(jitter=jitter, backoff_multiplier=multiplier)
    assert 0 <= policy.compute_delay(attempt) <= policy.max_backoff_sec
    assert RetryPolicy(initial_backoff_sec=0, backoff_multiplier=multiplier).compute_delay(attempt) == 0


@pytest.mark.parametrize(("said", "waited"), [(3.0, 3.0), (0.0, 0.0), (-5.0, 0.0), (9999.0, 120.0)])
def test_the_servers_word_wins_within_bounds(said, waited):
    assert RetryPolicy().compute_delay(1, said) == waited


def test_the_servers_word_can_be_ignored():
    policy = RetryPolicy(respect_retry_after=False, jitter="none", initial_backoff_sec=2)
    assert policy.compute_delay(1, 60) == 2


def test_only_passing_failures_are_retried_while_attempts_are_left():
    policy = RetryPolicy(max_attempts=3)
    assert [policy.should_retry(ProviderErrorCode.RATE_LIMIT, attempt) for attempt in (1, 2, 3)] == [True, True, False]
    for code in (ProviderErrorCode.TIMEOUT, ProviderErrorCode.SERVER_ERROR):
        assert policy.should_retry(code, 1)
    for code in (None, ProviderErrorCode.UNKNOWN, ProviderErrorCode.AUTH_FAILURE, ProviderErrorCode.CONTENT_POLICY):
        assert not policy.should_retry(code, 1)


def test_more_attempts_change_nothing_else():
    policy = RetryPolicy.conservative()
    assert policy.with_attempts(9) == RetryPolicy(max_attempts=9, initial_backoff_sec=2.0, max_backoff_sec=60.0)
    assert RetryPolicy.disabled().with_attempts(2).should_retry(ProviderErrorCode.TIMEOUT, 1)


@pytest.mark.parametrize(
    "settings",
    [
        {"max_attempts": 0},
        {"initial_backoff_sec": -1},
        {"max_backoff_sec": -1},
        {"backoff_multiplier": 0.5},
        {"jitter": "some"},
        {"idempotency_key_strategy": "x"},
    ],
)
def test_what_cannot_be_meant_is_refused(settings):
    with pytest.raises(InvalidValueError, match="RetryPolicy"):
        RetryPolicy(**settings)


def test_idempotency_keys_follow_their_strategy():
    step = Step(provider="p", model="m")
    assert RetryPolicy().make_idempotency_key(step) == step.step_id
    each = RetryPolicy(idempotency_key_strategy="uuid_per_attempt")
    assert each.make_idempotency_key(step) != each.make_idempotency_key(step)
    assert RetryPolicy(idempotency_key_strategy="none").make_idempotency_key(step) is None
