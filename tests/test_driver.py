"""The driver: submits once, resumes what it knows, waits as the vendor asks, and cancels."""

import asyncio
import logging
import time

import pytest

from genblaze import (
    GenerateContext,
    Generation,
    JobStatus,
    ProviderError,
    ProviderErrorCode,
    RetryPolicy,
    Submitted,
    driver,
)
from genblaze.driver import Driver, as_provider_error

NOW = RetryPolicy(max_attempts=3, initial_backoff_sec=0, jitter="none")
DONE = Generation(payload={"ok": 1})


class Watch:
    def __init__(self):
        self.told = []

    def on_progress(self, status, report=None, *, heartbeat=False):
        self.told.append("heartbeat" if heartbeat else status)

    def on_submitted(self, job_id):
        self.told.append(job_id)

    def on_breaker(self, message):
        raise AssertionError(message)

    def on_retry(self, phase, attempt, max_attempts, delay, error):
        self.told.append((phase, attempt, max_attempts))


class Job:
    """Answers from scripts: each call takes the next answer, the last one stays."""

    poll_interval = 0.001

    def __init__(self, submit=("j1",), poll=(True,), fetch=(DONE,)):
        self.scripts = {"submit": list(submit), "poll": list(poll), "fetch": list(fetch)}
        self.calls = []

    def _answer(self, name):
        self.calls.append(name)
        script = self.scripts[name]
        answer = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def submit(self):
        return self._answer("submit")

    async def poll(self, job_id):
        return self._answer("poll")

    def fetch(self, job_id):
        return self._answer("fetch")

    async def cancel(self, job_id):
        self.calls.append(f"cancel {job_id}")


def make(tmp_path, job, policy=NOW, **context):
    watch = Watch()
    return Driver(job, GenerateContext(output_dir=tmp_path, **context), policy, watch), watch


def busy(code=ProviderErrorCode.RATE_LIMIT):
    return ProviderError("busy", error_code=code)


async def test_a_job_is_submitted_polled_and_fetched(tmp_path):
    job = Job(poll=(False, JobStatus(False, 0.5), True))
    runner, watch = make(tmp_path, job)
    assert await runner.run() is DONE
    assert job.calls == ["submit", "poll", "poll", "poll", "fetch"]
    assert watch.told == ["submitted", "j1", "processing", "processing"]


async def test_an_immediate_result_needs_no_poll(tmp_path):
    job = Job(submit=(DONE,))
    runner, _ = make(tmp_path, job)
    assert await runner.run() is DONE
    assert job.calls == ["submit"]


async def test_retries_resume_the_job(tmp_path):
    job = Job(poll=(busy(), True), fetch=(busy(), DONE))
    runner, watch = make(tmp_path, job)
    assert await runner.run() is DONE
    assert job.calls.count("submit") == 1
    assert watch.told.count("retry_resumed") == 2


async def test_a_job_from_before_is_not_submitted(tmp_path):
    job = Job()
    runner, watch = make(tmp_path, job)
    runner.resume("old")
    assert await runner.run() is DONE
    assert job.calls == ["poll", "fetch"]
    assert watch.told == ["old"]


async def test_the_last_error_says_how_many_attempts_were_made(tmp_path):
    runner, watch = make(tmp_path, Job(submit=(busy(),)))
    with pytest.raises(ProviderError) as failed:
        await runner.run()
    assert failed.value.attempts == 3
    assert watch.told == ["submitted", ("submit", 1, 3), "submitted", ("submit", 2, 3), "submitted"]


@pytest.mark.parametrize("nothing", ["", b"", None, Submitted("")])
async def test_an_empty_job_id_is_an_error(tmp_path, nothing):
    with pytest.raises(ProviderError, match="no job id"):
        await make(tmp_path, Job(submit=(nothing,)))[0].run()


async def test_a_fetch_must_give_a_generation(tmp_path):
    with pytest.raises(ProviderError, match="not a Generation"):
        await make(tmp_path, Job(fetch=("x",)))[0].run()


async def test_an_estimate_delays_the_first_poll(tmp_path):
    started = time.monotonic()
    await make(tmp_path, Job(submit=(Submitted("j", 0.25),)))[0].run()
    assert time.monotonic() - started >= 0.2


def test_poll_intervals_grow_and_obey_the_vendor(tmp_path):
    job = Job()
    runner, _ = make(tmp_path, job)
    job.poll_interval = 2.0
    assert [runner._interval(JobStatus(False), elapsed) for elapsed in (0, 29, 31, 65, 1e9)] == [2, 2, 4, 8, 30]
    job.poll_interval = 45.0
    assert runner._interval(JobStatus(False), 1e9) == 45
    assert runner._interval(JobStatus(False, poll_after=7), 0) == 7
    assert runner._interval(JobStatus(False, poll_after=-7), 0) == 0


async def test_a_long_wait_is_cut_by_heartbeats(tmp_path, monkeypatch):
    monkeypatch.setattr(driver, "HEARTBEAT_SEC", 0.02)
    runner, watch = make(tmp_path, Job(submit=(Submitted("j", 0.2),)))
    await runner.run()
    assert watch.told.count("heartbeat") >= 4


async def started(runner, job, call="poll"):
    running = asyncio.create_task(runner.run())
    while call not in job.calls:  # noqa: ASYNC110 - what is waited for happens in def code
        await asyncio.sleep(0.001)
    running.cancel()
    return running


async def test_cancelling_tells_the_vendor_and_the_provider(tmp_path):
    job = Job(poll=(False,))
    runner, _ = make(tmp_path, job)
    running = await started(runner, job)
    with pytest.raises(asyncio.CancelledError):
        await running
    assert job.calls[-1] == "cancel j1"
    assert runner.context.cancelled


async def test_a_cancellation_that_fails_or_hangs_is_logged(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(driver, "CANCEL_GRACE_SEC", 0.05)

    class Failing(Job):
        def cancel(self, job_id):
            raise OSError("gone")

    class Hanging(Job):
        async def cancel(self, job_id):
            await asyncio.sleep(30)

    class Unaware:
        poll_interval = 0.001

        def __init__(self, **_):
            self.calls = []

        def submit(self):
            return "j"

        def poll(self, job_id):
            self.calls.append("poll")
            return False

    caplog.set_level(logging.WARNING)
    for kind in (Failing, Hanging, Unaware):
        job = kind(poll=(False,))
        running = await started(make(tmp_path, job)[0], job)
        begun = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert time.monotonic() - begun < 15
    assert "OSError" in caplog.text
    assert "took longer" in caplog.text


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (TimeoutError(), "timeout", "TimeoutError"),
        (ValueError("bad"), "invalid_input", "ValueError: bad"),
        (RuntimeError("503 server error rate limit"), "unknown", "RuntimeError: 503 server error rate limit"),
        (OSError("author not found"), "unknown", "OSError: author not found"),
        (ConnectionRefusedError("no"), "server_error", "ConnectionRefusedError: no"),
    ],
)
def test_foreign_errors_are_classified_by_type_never_by_prose(error, code, text):
    found = as_provider_error(error)
    assert (found.error_code, str(found), found.__cause__) == (code, text, error)


def test_a_provider_error_stays_itself():
    error = busy()
    assert as_provider_error(error) is error


async def test_a_submit_that_the_vendor_says_it_does_not_have_may_be_sent_again(tmp_path):
    class Listing(Job):
        paid = True

        def find(self):
            self.calls.append("find")

    job = Listing(submit=(RuntimeError("who knows"), "j1"))
    assert await make(tmp_path, job)[0].run() is DONE
    assert job.calls == ["submit", "find", "submit", "poll", "fetch"]
    job = Listing(submit=(RuntimeError("who knows"),))
    with pytest.raises(ProviderError) as failed:
        await make(tmp_path, job)[0].run()
    assert job.calls == ["submit", "find"] * 3
    assert failed.value.uncertain is False
