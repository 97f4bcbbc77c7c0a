"""Paid work is noted before it matters, and taken up again after the process that began it has died."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from genblaze import (
    Asset,
    BaseProvider,
    Pipeline,
    ProviderError,
    ProviderErrorCode,
    RetryPolicy,
    SubmitResult,
    SyncProvider,
)
from genblaze.errors import JournalError, PipelineError, RunTakenError
from genblaze.journal import FINISHED, INTENT, SUBMITTED, UNCERTAIN, Entry, open_journal, owner_of_this_process, owners
from genblaze.journal.schema import open_file
from genblaze.pipeline.run_journal import RunJournal

VENDOR = '''
import json, os, time
from pathlib import Path
from genblaze import Asset, BaseProvider, Pipeline

class Vendor(BaseProvider):
    """A paid vendor: each accepted submit is a line of its ledger."""
    name = "ledger-vendor"
    paid = True
    poll_interval = 0.002

    def __init__(self, folder, listing):
        super().__init__()
        self.folder = Path(folder)
        if listing:
            self.find = self._find

    def submit(self, step, config=None):
        time.sleep(0.003)
        with (self.folder / "ledger").open("a") as ledger:
            ledger.write(step.prompt + "\\n")
        time.sleep(0.003)
        return "job-" + step.prompt

    def poll(self, job_id, config=None):
        time.sleep(0.002)
        return True

    def fetch_output(self, job_id, step):
        path = self.folder / "out" / f"{step.step_id}.bin"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(job_id.encode() * 100)
        step.assets = [Asset(url=path.as_uri(), media_type="application/x-test")]
        step.cost_usd = 1.0
        return step

    def _find(self, step):
        lines = (self.folder / "ledger").read_text().split() if (self.folder / "ledger").exists() else []
        return "job-" + step.prompt if step.prompt in lines else None
'''


class Vendor(BaseProvider):
    name = "vendor"
    paid = True
    poll_interval = 0.001

    def __init__(self, failures=(), **options):
        super().__init__(retry_policy=options.pop("retry_policy", RetryPolicy.disabled()))
        self.submits = []
        self.failures = list(failures)

    def submit(self, step, config=None):
        self.submits.append(step.step_id)
        if self.failures:
            raise self.failures.pop(0)
        return SubmitResult(f"job-{len(self.submits)}")

    def poll(self, prediction_id, config=None):
        return True

    def fetch_output(self, prediction_id, step):
        step.assets = [Asset(url="https://vendor.test/a", media_type="image/png", sha256="a" * 64)]
        step.cost_usd = 0.5
        return step


def pipeline(vendor, folder: Path, **options) -> Pipeline:
    return Pipeline("paid", output_dir=folder, **options).step(vendor, model="m", prompt="a fox")


def entry(folder: Path, run_id: str) -> Entry:
    return open_journal(folder / ".genblaze" / "journal.db").entries(run_id)[0]


def wait_for_state(folder: Path, run_id: str, state: str) -> None:
    deadline = time.monotonic() + 60
    while entry(folder, run_id).state != state and time.monotonic() < deadline:
        time.sleep(0.01)


def test_a_paid_step_is_noted_with_its_job_and_result(tmp_path):
    result = pipeline(Vendor(), tmp_path).run()
    noted = entry(tmp_path, result.run.run_id)
    assert (noted.state, noted.job_id, noted.step_id) == (FINISHED, "job-1", result.run.steps[0].step_id)
    journal = open_journal(tmp_path / ".genblaze" / "journal.db")
    assert journal.run(result.run.run_id).status == "completed"
    assert journal.unfinished() == []


def test_a_finished_step_is_not_bought_again_when_its_run_is_resumed(tmp_path):
    vendor = Vendor()
    first = pipeline(vendor, tmp_path).run()
    again = pipeline(vendor, tmp_path).resume(first.run.run_id)
    assert len(vendor.submits) == 1
    assert again.manifest.canonical_hash == first.manifest.canonical_hash
    assert again.run.steps[0].cost_usd == 0.5


def test_a_known_job_is_polled_and_not_submitted_when_its_run_is_resumed(tmp_path):
    class Dying(Vendor):
        def poll(self, prediction_id, config=None):
            raise ProviderError("the line broke", error_code=ProviderErrorCode.SERVER_ERROR)

    with pytest.raises(PipelineError) as failed:
        pipeline(Dying(), tmp_path).run()
    run_id = failed.value.result.run.run_id
    assert entry(tmp_path, run_id).state == SUBMITTED
    vendor = Vendor()
    assert pipeline(vendor, tmp_path).resume(run_id).ok
    assert vendor.submits == []


def test_a_submit_whose_outcome_is_unknown_is_held_until_it_is_resent_knowingly(tmp_path):
    with pytest.raises(PipelineError) as failed:
        pipeline(Vendor([RuntimeError("reset by peer")]), tmp_path).run()
    run_id = failed.value.result.run.run_id
    vendor = Vendor()
    with pytest.raises(PipelineError, match="Outcome unknown: .*--resend"):
        pipeline(vendor, tmp_path).resume(run_id)
    assert vendor.submits == []
    assert pipeline(vendor, tmp_path).resume(run_id, resend=True).ok
    assert vendor.submits == [failed.value.result.run.steps[0].step_id]


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_request_that_was_taken_without_a_job_id_has_an_unknown_outcome(tmp_path, nothing):
    class Forgetful(Vendor):
        def submit(self, step, config=None):
            super().submit(step)
            return nothing

    vendor = Forgetful(retry_policy=RetryPolicy(initial_backoff_sec=0))
    with pytest.raises(PipelineError, match="Outcome unknown: .* no job id"):
        pipeline(vendor, tmp_path).run()
    assert len(vendor.submits) == 1


def test_an_unknown_outcome_is_noted_as_uncertain(tmp_path):
    error = ProviderError("Outcome unknown: reset after the body", error_code=ProviderErrorCode.UNKNOWN)
    with pytest.raises(PipelineError) as failed:
        pipeline(Vendor([error]), tmp_path).run()
    assert entry(tmp_path, failed.value.result.run.run_id).state == UNCERTAIN


def test_a_refused_submit_leaves_nothing_to_reconcile(tmp_path):
    error = ProviderError("no such model", error_code=ProviderErrorCode.MODEL_ERROR)
    with pytest.raises(PipelineError) as failed:
        pipeline(Vendor([error]), tmp_path).run()
    run_id = failed.value.result.run.run_id
    assert open_journal(tmp_path / ".genblaze" / "journal.db").entries(run_id) == {}
    vendor = Vendor()
    assert pipeline(vendor, tmp_path).resume(run_id).ok


def test_resuming_with_another_request_is_refused(tmp_path):
    first = pipeline(Vendor(), tmp_path).run()
    other = Pipeline("paid", output_dir=tmp_path).step(Vendor(), model="m", prompt="a wolf")
    result = other.resume(first.run.run_id, raise_on_failure=False)
    assert "something else" in result.run.steps[0].error


def test_a_run_that_a_living_process_owns_is_not_taken(tmp_path):
    first = pipeline(Vendor(), tmp_path).run()
    file = tmp_path / ".genblaze" / "journal.db"
    host, _, _ = owner_of_this_process().split(" ")
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE runs SET owner = ?", (f"{host} 1 ?",))
    connection.close()
    with pytest.raises(RunTakenError, match="being worked on by process 1"):
        pipeline(Vendor(), tmp_path).resume(first.run.run_id)
    assert issubclass(RunTakenError, JournalError)


RESUMED_BY_TWO = (
    VENDOR
    + """
import sys
from genblaze.errors import RunTakenError

folder = sys.argv[1]

class Slow(Vendor):
    def submit(self, step, config=None):
        print("working", flush=True)
        sys.stdin.readline()
        return super().submit(step, config)

pipeline = Pipeline("two", output_dir=folder)
for index in range(3):
    pipeline.step(Slow(folder, False), model="m", prompt=f"p{index}")
try:
    print("done" if pipeline.resume("the-run").ok else "failed")
except RunTakenError as error:
    print("taken:", error)
"""
)


def resuming(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RESUMED_BY_TWO, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.slow
def test_of_two_processes_that_resume_a_run_one_does_it_and_the_other_says_so(tmp_path):
    with resuming(tmp_path) as first:
        assert first.stdout.readline() == "working\n"
        with resuming(tmp_path) as second:
            told, _ = second.communicate("\n" * 3, timeout=60)
        assert told.startswith(f"taken: Run the-run is being worked on by process {first.pid}")
        done, _ = first.communicate("\n" * 3, timeout=60)
    assert done.endswith("done\n")
    assert (tmp_path / "ledger").read_text().split() == ["p0", "p1", "p2"]


def test_a_run_of_a_process_elsewhere_is_taken_only_when_it_gave_no_sign_of_life_for_long(tmp_path):
    first = pipeline(Vendor(), tmp_path).run()
    file = tmp_path / ".genblaze" / "journal.db"
    for silent, taken in ((60, True), (600, False)):
        with sqlite3.connect(file) as connection:
            values = ("another-container 1 77", time.time() - silent)
            connection.execute("UPDATE runs SET owner = ?, changed = ?, status = 'running'", values)
        connection.close()
        assert [run.run_id for run in open_journal(file).unfinished()] == ([] if taken else [first.run.run_id])
        if taken:
            with pytest.raises(RunTakenError, match="process 1 on another-container"):
                pipeline(Vendor(), tmp_path).resume(first.run.run_id)
    assert pipeline(Vendor(), tmp_path).resume(first.run.run_id).ok


def test_a_process_that_works_on_a_run_gives_signs_of_life(tmp_path, monkeypatch):
    monkeypatch.setattr(owners, "BEAT_SEC", 0.02)
    journal = open_journal(tmp_path / ".genblaze" / "journal.db")
    seen = []

    class Watching(Vendor):
        def poll(self, prediction_id, config=None):
            seen.append(journal.runs()[0].changed)
            return len(set(seen)) > 2 or len(seen) > 10_000

    assert pipeline(Watching(), tmp_path).run().ok
    assert len(set(seen)) == 3


async def test_a_run_that_was_cancelled_while_it_began_can_be_resumed(tmp_path):
    file = tmp_path / ".genblaze" / "journal.db"
    journal = open_journal(file)
    beginning = asyncio.create_task(journal.begin("the-run", None, tmp_path, None))
    await asyncio.sleep(0)
    beginning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await beginning
    assert (await asyncio.to_thread(pipeline(Vendor(), tmp_path).resume, "the-run")).ok


async def test_a_step_that_is_cancelled_before_it_was_sent_leaves_nothing_to_reconcile(tmp_path):
    journal = open_journal(tmp_path / ".genblaze" / "journal.db")
    run = RunJournal(journal, "the-run", name=None, output_dir=tmp_path, template=None, taken_up=False)
    await run.begin()
    meant = Entry(
        run_id="the-run", step_index=0, request="r", state=INTENT, provider="vendor", model="m", step_id="the-step"
    )
    for in_doubt in (False, True):
        intending = asyncio.create_task(run.intend(meant, in_doubt=in_doubt))
        await asyncio.sleep(0)
        intending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await intending
        await run.end("cancelled")  # all that was asked before is written then
        assert bool(journal.entries("the-run")) == in_doubt


async def test_two_calls_of_one_process_do_not_work_on_the_same_run(tmp_path):
    entered, leave = threading.Event(), threading.Event()

    class Slow(Vendor):
        def submit(self, step, config=None):
            entered.set()
            assert leave.wait(60)
            return super().submit(step)

    vendor = Slow()
    first = asyncio.create_task(asyncio.to_thread(pipeline(vendor, tmp_path).resume, "the-run"))
    assert await asyncio.to_thread(entered.wait, 60)
    with pytest.raises(RunTakenError, match="this process already"):
        await asyncio.to_thread(pipeline(vendor, tmp_path).resume, "the-run")
    leave.set()
    assert (await first).ok
    assert len(vendor.submits) == 1


def test_a_job_id_that_comes_after_the_engine_stopped_waiting_is_noted_and_collected(tmp_path):
    leave = threading.Event()

    class Late(Vendor):
        def submit(self, step, config=None):
            assert leave.wait(60)
            return super().submit(step)

    with pytest.raises(PipelineError, match="Outcome unknown: timed out") as failed:
        pipeline(Late(), tmp_path).run(timeout=1)
    run_id = failed.value.result.run.run_id
    assert entry(tmp_path, run_id).state == INTENT
    leave.set()
    wait_for_state(tmp_path, run_id, SUBMITTED)
    vendor = Vendor()
    assert pipeline(vendor, tmp_path).resume(run_id).ok
    assert vendor.submits == []


class Blocking(SyncProvider):
    """Paid, answers in one call, and takes its time."""

    name = "blocking-vendor"
    paid = True

    def __init__(self, folder, leave):
        super().__init__(retry_policy=RetryPolicy.disabled())
        self.folder, self.leave, self.calls = folder, leave, 0

    def generate(self, step, config=None):
        self.calls += 1
        assert self.leave.wait(60)
        path = self.folder / f"{step.step_id}.bin"
        path.write_bytes(step.prompt.encode())
        step.assets = [Asset(url=path.as_uri(), media_type="application/x-test")]
        step.cost_usd = 2.0
        return step


def test_a_result_that_comes_after_the_engine_stopped_waiting_is_kept_and_delivered_when_the_run_is_resumed(tmp_path):
    leave = threading.Event()
    vendor = Blocking(tmp_path, leave)
    with pytest.raises(PipelineError, match="Outcome unknown: timed out") as failed:
        pipeline(vendor, tmp_path).run(timeout=1)
    run_id = failed.value.result.run.run_id
    leave.set()
    wait_for_state(tmp_path, run_id, FINISHED)
    result = pipeline(vendor, tmp_path).resume(run_id)
    assert result.ok
    assert (vendor.calls, result.run.steps[0].cost_usd) == (1, 2.0)
    assert result.local_path(result.assets[0]).read_bytes().startswith(b"a fox")
    assert result.assets[0].sha256 == hashlib.sha256(b"a fox").hexdigest()


class Awaiting(Blocking):
    """The same as a coroutine, which a deadline or whoever cancels the run may interrupt."""

    async def generate(self, step, config=None):
        self.calls += 1
        assert await asyncio.to_thread(self.leave.wait, 60)
        return super().generate(step, config)


@pytest.mark.parametrize("inside", [False, True])
def test_the_answer_of_a_coroutine_that_passes_its_deadline_is_kept_as_well(tmp_path, inside):
    leave = threading.Event()
    vendor = Awaiting(tmp_path, leave)

    async def inside_a_loop():
        pipeline(vendor, tmp_path).run(timeout=1)

    with pytest.raises(PipelineError, match="Outcome unknown: timed out") as failed:
        asyncio.run(inside_a_loop()) if inside else pipeline(vendor, tmp_path).run(timeout=1)
    run_id = failed.value.result.run.run_id
    leave.set()
    wait_for_state(tmp_path, run_id, FINISHED)
    result = pipeline(vendor, tmp_path).resume(run_id)
    assert (result.ok, result.run.steps[0].cost_usd) == (True, 2.0)
    assert result.assets[0].sha256 == hashlib.sha256(b"a fox").hexdigest()


async def test_the_answer_of_a_coroutine_is_kept_within_the_callers_own_loop(tmp_path):
    leave = threading.Event()
    with pytest.raises(PipelineError, match="Outcome unknown: timed out") as failed:
        await pipeline(Awaiting(tmp_path, leave), tmp_path).arun(timeout=1)
    leave.set()
    await asyncio.to_thread(wait_for_state, tmp_path, failed.value.result.run.run_id, FINISHED)


async def test_a_cancelled_run_cancels_a_paid_coroutine_at_once(tmp_path):
    entered = asyncio.Event()

    class Endless(Blocking):
        async def generate(self, step, config=None):
            entered.set()
            await asyncio.Event().wait()

    running = asyncio.create_task(pipeline(Endless(tmp_path, None), tmp_path).arun())
    await entered.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert len(asyncio.all_tasks()) == 1


async def test_a_run_that_is_cancelled_while_it_is_stored_can_be_resumed(tmp_path):
    storing, go_on = threading.Event(), threading.Event()

    class Slow:
        def write_run(self, run, manifest):
            storing.set()
            assert go_on.wait(60)

    running = asyncio.create_task(pipeline(Vendor(), tmp_path).arun(sink=Slow()))
    assert await asyncio.to_thread(storing.wait, 60)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    go_on.set()
    vendor, (record,) = Vendor(), open_journal(tmp_path / ".genblaze" / "journal.db").runs()
    assert (await asyncio.to_thread(pipeline(vendor, tmp_path).resume, record.run_id)).ok
    assert vendor.submits == []


@pytest.mark.parametrize("error", [TimeoutError(), ValueError("not JSON"), KeyError("id"), ConnectionResetError()])
def test_a_foreign_exception_of_a_paid_submit_leaves_open_whether_it_was_taken(tmp_path, error):
    vendor = Vendor([error], retry_policy=RetryPolicy(initial_backoff_sec=0))
    with pytest.raises(PipelineError, match="Outcome unknown:") as failed:
        pipeline(vendor, tmp_path).run()
    assert len(vendor.submits) == 1
    assert entry(tmp_path, failed.value.result.run.run_id).state == UNCERTAIN


def test_a_refused_connection_bought_nothing_and_is_tried_again(tmp_path):
    vendor = Vendor([ConnectionRefusedError("refused")], retry_policy=RetryPolicy(initial_backoff_sec=0))
    assert pipeline(vendor, tmp_path).run().ok
    assert len(vendor.submits) == 2


def test_a_doubt_outlives_a_refusal_by_another_process(tmp_path):
    """Only then does a third process send the same idempotency key again."""
    with pytest.raises(PipelineError) as failed:
        pipeline(Vendor([RuntimeError("reset")]), tmp_path).run()
    run_id = failed.value.result.run.run_id
    vendor = Vendor([ProviderError("busy", error_code=ProviderErrorCode.RATE_LIMIT, uncertain=False)])
    vendor.idempotent = True
    assert not pipeline(vendor, tmp_path).resume(run_id, raise_on_failure=False).ok
    assert pipeline(vendor, tmp_path).resume(run_id).ok
    assert set(vendor.submits) == {failed.value.result.run.steps[0].step_id}


def test_private_prompts_do_not_stand_in_the_journal(tmp_path):
    made = Pipeline("private", output_dir=tmp_path).step(
        Vendor(), model="m", prompt="the secret fox of the north", prompt_visibility="private"
    )
    assert made.run().ok
    folder = tmp_path / ".genblaze"
    assert b"secret fox" not in b"".join(path.read_bytes() for path in folder.iterdir())


def test_a_journal_that_cannot_be_opened_stops_the_run_before_anything_is_bought(tmp_path):
    (tmp_path / ".genblaze").write_text("in the way")
    vendor = Vendor()
    with pytest.raises(JournalError, match="journal=False"):
        pipeline(vendor, tmp_path).run()
    assert vendor.submits == []
    assert pipeline(vendor, tmp_path, journal=False).run().ok


def test_unpaid_runs_leave_no_journal(tmp_path):
    vendor = Vendor()
    vendor.paid = False
    pipeline(vendor, tmp_path).run()
    assert not (tmp_path / ".genblaze").exists()


def test_those_who_make_the_journal_at_the_same_moment_wait_for_each_other(tmp_path):
    for number in range(30):
        starts = threading.Barrier(4)

        def make(path=tmp_path / str(number) / "journal.db", starts=starts):
            starts.wait()
            open_file(path).close()

        with ThreadPoolExecutor(4) as people:
            for made in [people.submit(make) for _ in range(4)]:
                made.result()


def test_a_damaged_journal_is_a_clear_error(tmp_path):
    file = tmp_path / "journal.db"
    file.write_bytes(b"not a database, but long enough to look like one" * 50)
    with pytest.raises(JournalError, match=r"journal\.db cannot be opened"):
        open_journal(file)


def test_a_hundred_steps_at_once_share_their_commits(tmp_path):
    made = Pipeline("many", output_dir=tmp_path, max_concurrency=100)
    for index in range(100):
        made.step(Vendor(), model="m", prompt=f"p{index}")
    result = made.run()
    journal = open_journal(tmp_path / ".genblaze" / "journal.db")
    assert {each.state for each in journal.entries(result.run.run_id).values()} == {FINISHED}


BATCH = (
    VENDOR
    + """
import os, signal, sys

folder, dies_at = sys.argv[1], sys.argv[2]

class Dying(Vendor):
    def submit(self, step, config=None):
        if step.prompt == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().submit(step, config)

pipeline = Pipeline("many", output_dir=folder).step(Dying(folder, True), model="m", prompt="{prompt}")
results = pipeline.batch_run([f"p{index}" for index in range(20)], batch_id="twenty", max_concurrency=3)
print(json.dumps([[r.run.run_id, r.ok] for r in results]))
"""
)


def batch(folder: Path, dies_at: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", BATCH, str(folder), dies_at]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.slow
def test_a_named_batch_whose_process_was_killed_goes_on_with_the_next_item(tmp_path):
    assert batch(tmp_path, "p12").returncode == -9
    bought = (tmp_path / "ledger").read_text().split()
    assert "p12" not in bought
    journal = open_journal(tmp_path / ".genblaze" / "journal.db")
    assert len(journal.unfinished()) >= 8
    done = batch(tmp_path, "nothing")
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert [ok for _, ok in results] == [True] * 20
    assert (tmp_path / "ledger").read_text().split()[: len(bought)] == bought
    assert sorted((tmp_path / "ledger").read_text().split()) == sorted(f"p{index}" for index in range(20))
    assert {record.run_id for record in journal.runs()} == {run_id for run_id, _ in results}
    assert journal.unfinished() == []


async def test_a_batch_that_was_given_up_leaves_nothing_waiting(tmp_path):
    class Endless(Vendor):
        def poll(self, prediction_id, config=None):
            return False

    vendor = Endless()
    made = Pipeline("many", output_dir=tmp_path).step(vendor, model="m", prompt="{prompt}")
    running = asyncio.create_task(made.abatch_run(["a", "b", "c"], max_concurrency=1))
    while not vendor.submits:  # noqa: ASYNC110 - what is waited for happens in def code
        await asyncio.sleep(0.001)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    journal = open_journal(tmp_path / ".genblaze" / "journal.db")
    assert {record.status for record in journal.runs()} == {"cancelled"}


def test_a_batch_that_a_living_process_works_on_is_refused_before_anything_is_bought(tmp_path):
    vendor = Vendor()
    made = Pipeline("many", output_dir=tmp_path).step(vendor, model="m", prompt="{prompt}")
    made.batch_run(["a", "b"], batch_id="two")
    host, _, _ = owner_of_this_process().split(" ")
    with sqlite3.connect(tmp_path / ".genblaze" / "journal.db") as connection:
        connection.execute("UPDATE runs SET owner = ?, status = 'running'", (f"{host} 1 ?",))
    connection.close()
    with pytest.raises(RunTakenError, match="process 1"):
        made.batch_run(["a", "b", "c"], batch_id="two")
    assert len(vendor.submits) == 2


def writing_threads():
    return [thread for thread in threading.enumerate() if thread.name == "genblaze-journal"]


def test_a_journal_without_work_keeps_no_thread_and_goes_on_when_there_is_some(tmp_path, monkeypatch):
    monkeypatch.setattr("genblaze.journal.writer.IDLE_SEC", 0.02)
    before = set(writing_threads())
    journal = open_journal(tmp_path / "journal.db")
    for number in range(3):
        assert journal.change(lambda connection, made=number: made).result(timeout=30) == number
        deadline = time.monotonic() + 30
        while set(writing_threads()) - before and time.monotonic() < deadline:
            time.sleep(0.01)
        assert set(writing_threads()) <= before
