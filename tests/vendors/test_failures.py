"""What vendors' failures become, and which requests are sent again: the tables of docs/reference/providers.md."""

import asyncio
import json
import re
import threading
from pathlib import Path
from typing import NamedTuple

import pytest
from played_vendors import PLAYED, at

from genblaze import Pipeline, PipelineError, RetryPolicy
from genblaze.testing import Answer

pytestmark = pytest.mark.needs_plugins

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "providers.md"
#: A line that names a provider, and the table below it.
TABLE = re.compile(r"^(?:Answers|What) [^\n]*?`([a-z-]+)`[^\n]*:\n\n\|[^\n]*\n\|[-|]*\n((?:\|[^\n]*\n)+)", re.MULTILINE)
TWICE = RetryPolicy(max_attempts=2, initial_backoff_sec=0.01, max_backoff_sec=0.01)
#: What lets the engine try again at once.
SOON = {"retry-after-ms": "5"}


class Row(NamedTuple):
    provider: str
    said: str
    code: str
    again: str | None

    def __str__(self):
        return f"{self.provider} {self.said}"


def rows():
    for provider, table in TABLE.findall(PAGE.read_text("utf-8")):
        for line in table.splitlines():
            said, code, *again = (cell.strip().strip("`") for cell in line.strip("|").split("|"))
            yield Row(provider, said, code, *(again or [None]))


ANSWERS = [row for row in rows() if row.again]
ENDS = [row for row in rows() if not row.again]


def pipeline(name, vendor, folder, **more):
    played = PLAYED[name]
    provider = played.make(vendor if isinstance(vendor, str) else vendor.url, **more)
    return Pipeline("p", output_dir=folder, preflight=False).step(
        provider, prompt="a fox", step_retry=TWICE, **played.step
    )


def failed(name, vendor, folder, **more):
    with pytest.raises(PipelineError) as caught:
        pipeline(name, vendor, folder, **more).run()
    return caught.value.result.run.steps[0]


def times(name, vendor):
    return len(vendor.sent(*PLAYED[name].paid))


def test_every_vendor_has_its_tables():
    assert {row.provider for row in ANSWERS} | {row.provider for row in ENDS} >= set(PLAYED) - {
        "google-tts",
        "openai-tts",
    }


@pytest.mark.parametrize("row", ANSWERS, ids=str)
def test_an_answer_has_its_code_and_the_request_is_sent_again_only_where_the_table_says_so(row, tmp_path):
    status, _, body = row.said.partition(" ")
    with at(row.provider) as vendor:
        vendor.on(*PLAYED[row.provider].paid, Answer(status=int(status), body=json.loads(body), headers=SOON))
        step = failed(row.provider, vendor, tmp_path)
        assert (step.error_code, times(row.provider, vendor)) == (row.code, 2 if row.again == "yes" else 1), step.error


@pytest.mark.parametrize("row", ENDS, ids=str)
def test_a_job_that_ended_badly_has_its_code_and_is_not_asked_for_again(row, tmp_path):
    path, told = PLAYED[row.provider].job
    with at(row.provider) as vendor:
        vendor.on("GET", path, Answer(body={**told, **json.loads(row.said)}))
        step = failed(row.provider, vendor, tmp_path)
        assert (step.error_code, times(row.provider, vendor)) == (row.code, 1), step.error


# --- every vendor ----------------------------------------------------------------------------------------------------

DOUBTFUL = {
    **{str(status): Answer(status=status, body={"error": {"message": "no"}}) for status in (500, 502, 504)},
    "reset": Answer(fault="reset"),
    "silence": Answer(fault="silence"),
}
SILENCE = pytest.param("silence", marks=pytest.mark.slow)
FOUND = [name for name, played in PLAYED.items() if played.listing]
#: Seconds that a vendor may think where it will say nothing: the second where it is asked for its list afterwards.
PATIENCE, UNHURRIED = 1.0, 4.0


@pytest.mark.parametrize("fault", ["500", "502", "504", "reset", SILENCE])
@pytest.mark.parametrize("name", sorted(set(PLAYED) - set(FOUND)))
def test_a_request_that_may_have_been_taken_is_sent_once(name, fault, tmp_path):
    with at(name) as vendor:
        vendor.on(*PLAYED[name].paid, DOUBTFUL[fault])
        step = failed(name, vendor, tmp_path, timeout=PATIENCE)
        assert (step.error_code, times(name, vendor)) == ("unknown", 1)
        assert step.error.startswith("Outcome unknown:")


@pytest.mark.parametrize("fault", ["500", "502", "504", "reset", SILENCE])
@pytest.mark.parametrize("name", FOUND)
def test_a_job_whose_answer_got_lost_is_taken_up_from_the_vendors_list(name, fault, tmp_path):
    with at(name) as vendor:
        vendor.on(*PLAYED[name].paid, DOUBTFUL[fault])
        PLAYED[name].listing(vendor)
        step = pipeline(name, vendor, tmp_path, timeout=UNHURRIED).run().run.steps[0]
        assert (step.upstream_id, times(name, vendor)) == (PLAYED[name].job[0].rpartition("/")[2], 1)


@pytest.mark.parametrize("name", FOUND)
def test_a_job_that_the_vendors_list_does_not_have_is_asked_for_again(name, tmp_path):
    with at(name) as vendor:
        vendor.first(*PLAYED[name].paid, DOUBTFUL["reset"])
        pipeline(name, vendor, tmp_path).run()
        assert times(name, vendor) == 2


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("name", sorted(PLAYED))
def test_a_request_that_was_turned_away_for_now_is_sent_again(name, status, tmp_path):
    with at(name) as vendor:
        vendor.first(*PLAYED[name].paid, Answer(status=status, body={"error": {"message": "no"}}, headers=SOON))
        result = pipeline(name, vendor, tmp_path).run()
        assert (result.run.steps[0].error_code, times(name, vendor)) == (None, 2)


@pytest.mark.parametrize("name", sorted(PLAYED))
def test_a_request_that_found_no_connection_is_sent_again(name, tmp_path):
    step = failed(name, "http://127.0.0.1:9", tmp_path)
    assert (step.error_code, step.retries) == ("server_error", 1)


@pytest.mark.parametrize("name", sorted(PLAYED))
def test_a_request_whose_run_is_cancelled_meanwhile_is_sent_once(name, tmp_path):
    arrived = threading.Event()

    def keep_waiting(_):
        arrived.set()
        return Answer(fault="silence")

    async def main(vendor):
        run = asyncio.ensure_future(pipeline(name, vendor, tmp_path).arun())
        assert await asyncio.to_thread(arrived.wait, 60)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    with at(name) as vendor:
        vendor.on(*PLAYED[name].paid, keep_waiting)
        asyncio.run(main(vendor))
        assert times(name, vendor) == 1


@pytest.mark.parametrize("name", [name for name, played in PLAYED.items() if played.cancelled])
def test_a_job_whose_run_is_cancelled_is_cancelled_at_the_vendor(name, tmp_path):
    played, polled = PLAYED[name], threading.Event()
    path, told = played.job

    def keep_working(_):
        polled.set()
        return Answer(body=told)

    async def main(vendor):
        run = asyncio.ensure_future(pipeline(name, vendor, tmp_path).arun())
        assert await asyncio.to_thread(polled.wait, 60)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    with at(name) as vendor:
        vendor.on("GET", path, keep_working)
        asyncio.run(main(vendor))
        assert len(vendor.sent(*played.cancelled)) == 1
