"""Processes that know nothing of each other keep one vendor's limits together, also when some of them are killed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.needs_plugins]

BUYER = """
import sys
from genblaze import Pipeline
from genblaze_local import LocalPaidProvider

url, folder = sys.argv[1:]
provider = LocalPaidProvider(url, output_dir=folder, poll_interval=0.01)
pipeline = Pipeline("buyer", output_dir=folder)
for number in range(6):
    pipeline.step(provider, model="m", prompt=f"{folder} {number}")
print("planned", flush=True)
assert pipeline.run(max_concurrency=6).ok
"""


@pytest.fixture
def vendor():
    """A vendor that counts the jobs under way."""
    from genblaze_local.paid_vendor import PaidVendor

    with PaidVendor("neither", delay=0.05) as server:
        server.under_way, server.most, lock = 0, 0, threading.Lock()
        accept, fault = server.ledger.accept, server.ledger.fault

        def counted(change):
            with lock:
                server.under_way += change
                server.most = max(server.most, server.under_way)

        def accepting(*args):
            counted(1)
            return accept(*args)

        def asking(phase):
            if phase == "fetch":
                counted(-1)
            return fault(phase)

        server.ledger.accept, server.ledger.fault = accepting, asking
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def buyer(vendor, tmp_path, name):
    environment = {
        **os.environ,
        "GENBLAZE_LIMITS": "local-paid.concurrency=2",
        "GENBLAZE_SHARED_JOURNAL": str(tmp_path / "shared.db"),
    }
    command = [sys.executable, "-c", BUYER, vendor.url, str(tmp_path / name)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def test_processes_have_no_more_jobs_under_way_together_than_allowed(vendor, tmp_path):
    buyers = [buyer(vendor, tmp_path, name) for name in "abc"]
    for each in buyers:
        each.communicate(timeout=120)
    assert [each.returncode for each in buyers] == [0, 0, 0]
    assert len(vendor.ledger.submits) == 18
    assert vendor.most == 2


def test_a_process_that_is_killed_while_it_has_every_place_does_not_keep_others_out(vendor, tmp_path):
    vendor.ledger.order("poll", "no_answer", 2, accept=False)
    greedy = buyer(vendor, tmp_path, "greedy")
    assert greedy.stdout.readline() == "planned\n"
    waited = threading.Event()
    while vendor.under_way < 2 and greedy.poll() is None:
        waited.wait(0.01)
    patient = buyer(vendor, tmp_path, "patient")
    assert patient.stdout.readline() == "planned\n"
    greedy.kill()
    greedy.communicate()
    patient.communicate(timeout=120)
    assert patient.returncode == 0
    assert len(vendor.ledger.submits) == 8
