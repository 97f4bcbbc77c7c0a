"""Faults between us and a paid vendor, over real HTTP: how often a request is sent, and what is bought."""

from __future__ import annotations

import json
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest

from genblaze import Pipeline, RetryPolicy
from genblaze_local import LocalPaidProvider
from genblaze_local.paid_vendor import FAULTS, KINDS

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "paid-once.md"
AT_ONCE = RetryPolicy(max_attempts=4, initial_backoff_sec=0.0)


class Vendor:
    """The vendor's process."""

    def __init__(self, kind):
        command = [sys.executable, "-m", "genblaze_local.paid_vendor", "--kind", kind]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.kind = kind
        self.url = self.process.stdout.readline().strip()

    def call(self, method, path, body=None):
        connection = HTTPConnection(self.url.removeprefix("http://"), timeout=30)
        connection.request(method, path, None if body is None else json.dumps(body))
        answer = connection.getresponse().read()
        connection.close()
        return json.loads(answer or "null")

    def order(self, fault, on="submit", times=1, *, accept=False):
        self.call("POST", "/faults", {"on": on, "fault": fault, "times": times, "accept": accept})

    def counts(self):
        """How many submits arrived, and how many were bought."""
        submits = self.call("GET", "/ledger")["submits"]
        return len(submits), sum(submit["new"] for submit in submits)


@pytest.fixture(scope="module")
def vendors():
    running = {kind: Vendor(kind) for kind in KINDS}
    yield running
    for vendor in running.values():
        vendor.process.communicate(timeout=30)


def buy(vendor, folder, **options):
    """One picture; submits that arrived, pictures bought, and the step."""
    options.setdefault("retry_policy", AT_ONCE)
    provider = LocalPaidProvider(
        vendor.url, kind=vendor.kind, output_dir=folder, http_timeout=2, poll_interval=0.01, **options
    )
    sent, bought = vendor.counts()
    pipeline = Pipeline("faults", output_dir=folder).step(provider, model="m", prompt="a fox")
    result = pipeline.run(raise_on_failure=False)
    sent_after, bought_after = vendor.counts()
    return sent_after - sent, bought_after - bought, result.run.steps[0]


def cases():
    """The documentation's table: failure, whether the vendor took the request, kind of vendor, what is to happen."""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            named, took, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            for kind, cell in zip(KINDS, cells, strict=True):
                yield named.split("`")[1], took == "yes", kind, cell


def told(sent, bought, step):
    held = step.error_code == "unknown" and step.error.startswith("Outcome unknown:")
    assert (step.status == "succeeded") != held
    return f"{sent} sent, {bought} bought" + (", held" if held else "")


@pytest.mark.parametrize(("fault", "taken", "kind", "expected"), list(cases()))
def test_failures_of_a_submit_come_to_what_the_documentation_says(vendors, tmp_path, fault, taken, kind, expected):
    vendor = vendors[kind]
    vendor.order(fault, accept=taken)
    assert told(*buy(vendor, tmp_path)) == expected


def test_the_documentation_names_every_failure_that_the_vendor_knows():
    named = {(fault, taken) for fault, taken, _, _ in cases()}
    assert {fault for fault, _ in named} == set(FAULTS)
    assert all(FAULTS[fault] in (taken, None) for fault, taken in named)


@pytest.mark.parametrize("fault", ["429", "503"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_submit_that_was_turned_away_is_sent_again(vendors, tmp_path, kind, fault):
    vendor = vendors[kind]
    vendor.order(fault, times=2)
    sent, bought, step = buy(vendor, tmp_path)
    assert (sent, bought, step.status) == (3, 1, "succeeded")


def test_resending_what_is_uncertain_buys_it_again_knowingly(vendors, tmp_path):
    vendor = vendors["neither"]
    vendor.order("500", accept=True)
    policy = RetryPolicy(max_attempts=2, initial_backoff_sec=0.0, resend_uncertain=True)
    assert buy(vendor, tmp_path, retry_policy=policy)[:2] == (2, 2)


@pytest.mark.parametrize("on", ["poll", "fetch"])
@pytest.mark.parametrize("fault", ["reset_after_body", "half_answer", "500", "503", "429"])
def test_faults_after_the_submit_never_send_it_again(vendors, tmp_path, on, fault):
    vendor = vendors["neither"]
    vendor.order(fault, on=on, times=2)
    sent, bought, step = buy(vendor, tmp_path)
    assert (sent, bought, step.status) == (1, 1, "succeeded")


def test_a_vendor_that_is_not_there_bought_nothing(tmp_path):
    vendor = Vendor("neither")
    vendor.process.communicate(timeout=30)
    provider = LocalPaidProvider(vendor.url, output_dir=tmp_path, retry_policy=AT_ONCE)
    pipeline = Pipeline("gone", output_dir=tmp_path).step(provider, model="m", prompt="a fox")
    result = pipeline.run(raise_on_failure=False)
    assert result.run.steps[0].error_code == "server_error"
    assert len(result.run.steps[0].attempts) == 3
