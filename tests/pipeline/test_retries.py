"""Retries: one budget per step, known jobs are resumed, what was tried is recorded outside of the hash."""

import asyncio
import time

import pytest
from sample_pipelines import NOW, AsyncQueue, Painter, Queue

from genblaze import PipelineError, ProviderError, ProviderErrorCode, RetryPolicy


def failing(code=ProviderErrorCode.RATE_LIMIT, **more):
    return ProviderError("slow down", error_code=code, **more)


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_max_retries_n_means_n_plus_one_attempts(new, folder, retries):
    painter = Painter(folder, errors=[failing() for _ in range(20)], retry_policy=RetryPolicy(initial_backoff_sec=0))
    with pytest.raises(PipelineError):
        new().step(painter, model="m").run(max_retries=retries)
    assert painter.calls == retries + 1


def test_max_retries_wins_over_a_policy_that_retries_nothing(new, folder):
    painter = Painter(folder, errors=[failing(retry_after=0)], retry_policy=RetryPolicy.disabled())
    assert new().step(painter, model="m").run(max_retries=1).ok


@pytest.mark.parametrize("kind", [Queue, AsyncQueue])
@pytest.mark.parametrize("phase", ["poll", "fetch"])
def test_a_known_job_is_resumed_and_never_submitted_again(new, folder, kind, phase):
    queue = kind(folder, errors={phase: [failing(), failing()]}, retry_policy=NOW)
    step = new().step(queue, model="m").run().run.steps[0]
    assert len(queue.told("submit")) == 1
    assert step.retries == 2
    assert [(each["phase"], each["attempt"], each["error_code"]) for each in step.attempts] == [
        (phase, 1, "rate_limit"),
        (phase, 2, "rate_limit"),
    ]


def test_submit_poll_and_fetch_share_one_budget(new, folder):
    errors = {"submit": [failing(), failing()], "poll": [failing()], "fetch": [failing()]}
    queue = Queue(folder, errors=errors, retry_policy=NOW)
    step = new().step(queue, model="m").run(raise_on_failure=False).run.steps[0]
    assert (step.status, step.retries) == ("failed", 3)
    assert (len(queue.told("submit")), len(queue.told("fetch"))) == (3, 1)


def test_retry_after_is_waited_for(new, folder):
    painter = Painter(folder, errors=[failing(retry_after=0.3)], retry_policy=NOW)
    started = time.monotonic()
    new().step(painter, model="m").run()
    assert time.monotonic() - started >= 0.3


def test_a_wait_beyond_the_deadline_is_not_begun(new, folder):
    painter = Painter(folder, errors=[failing(retry_after=60)], retry_policy=NOW)
    started = time.monotonic()
    step = new().step(painter, model="m").run(timeout=30, raise_on_failure=False).run.steps[0]
    assert time.monotonic() - started < 15
    assert step.error_code == "rate_limit"


def test_attempts_do_not_enter_the_hash(new, folder):
    calm = new().step(Queue(folder), model="m", prompt="p").run()
    shaky = new().step(Queue(folder, errors={"poll": [failing()]}, retry_policy=NOW), model="m", prompt="p").run()
    assert shaky.run.steps[0].attempts
    assert shaky.manifest.canonical_hash == calm.manifest.canonical_hash


def test_a_retry_is_told_to_callback_and_stream(new, folder):
    told = []
    painter = Painter(folder, errors=[failing()], retry_policy=NOW)
    events = list(new().step(painter, model="m").stream(on_retry=told.append))
    retried = [event for event in events if event.type == "step.retried"]
    assert told == retried
    assert (retried[0].attempt, retried[0].max_attempts, retried[0].error_code) == (1, 4, "rate_limit")


def test_what_is_not_worth_a_retry_is_not_retried(new, folder):
    painter = Painter(folder, errors=[ValueError("bad size")], retry_policy=NOW)
    step = new().step(painter, model="m").run(raise_on_failure=False).run.steps[0]
    assert painter.calls == 1
    assert (step.error_code, step.error) == ("invalid_input", "ValueError: bad size")


def test_secrets_in_an_error_are_not_recorded(new, folder):
    painter = Painter(
        folder, errors=[failing(), ProviderError("bad key sk-abcdefghijklmnopqrstuvwx")], retry_policy=NOW
    )
    painter.errors[0].args = ("Bearer abcdefghijklmnopqrstuvwxyz",)
    result = new().step(painter, model="m").run(raise_on_failure=False)
    assert "abcdefghijklm" not in result.manifest.to_canonical_json()
    assert result.run.steps[0].error == "bad key [REDACTED]"


async def test_asyncio_finds_nothing_to_complain_about(new, folder, caplog):
    asyncio.get_running_loop().set_debug(True)
    queue = AsyncQueue(folder, errors={"poll": [failing()]}, retry_policy=NOW)
    await new().step(queue, model="m").step(Painter(folder), model="m", input_from=0).arun()
    assert not [record for record in caplog.records if record.name == "asyncio" and "never" in record.message]


class PaidQueue(Queue):
    paid = True


def lost(**more):
    return ProviderError("HTTP 502", error_code=ProviderErrorCode.SERVER_ERROR, uncertain=True, **more)


def test_a_paid_submit_that_may_have_been_taken_is_not_sent_again(new, folder):
    queue = PaidQueue(folder, errors={"submit": [lost()]}, retry_policy=NOW)
    step = new().step(queue, model="m", fallback_models=["other"]).run(raise_on_failure=False).run.steps[0]
    assert len(queue.told("submit")) == 1
    assert (step.error_code, step.error[:26]) == ("unknown", "Outcome unknown: HTTP 502.")


@pytest.mark.parametrize("chosen", ["idempotent", "resend_uncertain"])
def test_it_is_sent_again_where_that_buys_nothing_twice_or_was_chosen(new, folder, chosen):
    policy = RetryPolicy(initial_backoff_sec=0, resend_uncertain=chosen == "resend_uncertain")
    queue = PaidQueue(folder, errors={"submit": [lost()]}, retry_policy=policy)
    queue.idempotent = chosen == "idempotent"
    assert new().step(queue, model="m").run().ok
    assert len(queue.told("submit")) == 2


class LosingQueue(PaidQueue):
    """Takes the first job, and its answer gets lost; can be asked for it."""

    taken = None

    def submit(self, step, config=None):
        job_id = super().submit(step, config)
        if self.taken is None:
            self.taken = job_id
            raise lost()
        return job_id

    def find(self, step):
        return self.taken


def test_the_job_of_a_lost_answer_is_looked_up_and_collected(new, folder):
    queue = LosingQueue(folder, retry_policy=RetryPolicy.disabled())
    assert new().step(queue, model="m").run().ok
    assert len(queue.told("submit")) == 1


def test_a_submit_that_the_vendor_certainly_has_not_is_sent_again(new, folder):
    queue = PaidQueue(folder, errors={"submit": [lost()]}, retry_policy=NOW)
    queue.find = lambda step: None
    assert new().step(queue, model="m").run().ok
    assert len(queue.told("submit")) == 2
