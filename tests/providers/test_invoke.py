"""One step outside of a pipeline: `invoke`, `ainvoke`, `resume`; failures are recorded, callbacks do no harm."""

import time

import pytest
from sample_pipelines import NOW, AsyncPainter, AsyncQueue, Painter, Queue

from genblaze import ProviderError, ProviderErrorCode, RetryPolicy, Step


def asked(**fields):
    return Step(**{"provider": "p", "model": "m", "prompt": "a fox", **fields})


@pytest.mark.parametrize("kind", [Painter, AsyncPainter, Queue, AsyncQueue])
def test_a_step_is_run_to_its_end_and_the_given_one_left_alone(tmp_path, kind):
    step = asked()
    before = step.model_copy(deep=True)
    done = kind(tmp_path).invoke(step)
    assert (done.status, len(done.assets), done.step_id) == ("succeeded", 1, step.step_id)
    assert done.started_at <= done.completed_at
    assert step == before


async def test_inside_a_loop_both_faces_work(tmp_path):
    assert (await Queue(tmp_path).ainvoke(asked())).status == "succeeded"
    assert Queue(tmp_path).invoke(asked()).status == "succeeded"


def test_failures_are_recorded_not_raised(tmp_path):
    errors = [ProviderError("bad sk-abcdefghijklmnopqrstuvwx", error_code=ProviderErrorCode.AUTH_FAILURE)]
    done = Painter(tmp_path, errors=errors).invoke(asked())
    assert (done.status, done.error, done.error_code) == ("failed", "bad [REDACTED]", "auth_failure")
    assert done.completed_at is not None


def test_a_timeout_is_kept(tmp_path):
    started = time.monotonic()
    done = Painter(tmp_path, seconds=30).invoke(asked(), {"timeout": 0.1})
    assert time.monotonic() - started < 15
    assert (done.status, done.error_code) == ("failed", "timeout")


def test_retries_follow_the_policy_or_the_call(tmp_path):
    def busy():
        return [ProviderError("busy", error_code=ProviderErrorCode.RATE_LIMIT, retry_after=0) for _ in range(2)]

    assert Painter(tmp_path, errors=busy(), retry_policy=NOW).invoke(asked()).retries == 2
    assert Painter(tmp_path, errors=busy(), retry_policy=RetryPolicy.disabled()).invoke(asked()).status == "failed"
    assert Painter(tmp_path, errors=busy()).invoke(asked(), {"max_retries": 1}).status == "failed"
    assert Painter(tmp_path, errors=busy()).invoke(asked(), {"max_retries": 2}).status == "succeeded"


def test_a_job_from_before_is_resumed(tmp_path):
    queue = Queue(tmp_path)
    queue.jobs["old"] = 1
    done = queue.resume("old", asked())
    assert (done.status, done.upstream_id) == ("succeeded", "old")
    assert "submit" not in queue.log


def test_callbacks_hear_what_happens(tmp_path):
    heard = []
    config = {
        "on_progress": lambda event: heard.append(event.status),
        "on_submit": lambda step_id, job_id: heard.append(job_id),
        "on_retry": lambda event: heard.append(event.attempt),
    }
    busy = ProviderError("busy", error_code=ProviderErrorCode.RATE_LIMIT)
    Queue(tmp_path, errors={"submit": [busy]}, retry_policy=NOW).invoke(asked(), config)
    assert heard == ["submitted", 1, "submitted", "job-1", "processing", "succeeded"]


@pytest.mark.parametrize("callback", ["on_progress", "on_submit", "on_retry"])
def test_a_callback_that_raises_costs_no_result(tmp_path, callback, caplog):
    def fail(*told):
        raise RuntimeError("mine")

    busy = ProviderError("busy", error_code=ProviderErrorCode.RATE_LIMIT)
    queue = Queue(tmp_path, errors={"submit": [busy]}, retry_policy=NOW)
    assert queue.invoke(asked(), {callback: fail}).status == "succeeded"
    assert len(queue.told("submit")) == 2
    assert "callback" in caplog.text


def test_credentials_are_checked_once_and_again_after_a_failure(tmp_path):
    class Checking(Painter):
        checks = 0

        def preflight_auth(self, *, timeout=5.0):
            self.checks += 1
            if self.checks == 1:
                raise ProviderError("no key", error_code=ProviderErrorCode.AUTH_FAILURE)

    provider = Checking(tmp_path)
    assert [provider.invoke(asked()).status for _ in range(3)] == ["failed", "succeeded", "succeeded"]
    assert (provider.checks, provider.calls) == (2, 2)


def test_the_step_of_a_provider_is_its_own(tmp_path):
    class Changing(Painter):
        def painted(self, step):
            step.params["a"].append(1)
            step.inputs.clear()
            return super().painted(step)

    step = asked(params={"a": []})
    assert Changing(tmp_path).invoke(step).params == {"a": [1]}
    assert step.params == {"a": []}
