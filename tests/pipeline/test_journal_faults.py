"""A journal that cannot be written: nothing is bought, or the run says that it is not protected; no result is lost."""

from __future__ import annotations

import logging
import os
import resource
import shutil
import sqlite3
import subprocess
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from genblaze import Pipeline, PipelineError, RetryPolicy
from genblaze.config import BudgetSettings, Config, JournalSettings, load_config
from genblaze.errors import GenblazeError, JournalError
from genblaze.pipeline.run_journal import JOURNAL_FILE
from genblaze.plugins import PluginManager

pytestmark = pytest.mark.needs_plugins


@pytest.fixture
def vendor():
    from genblaze_local.paid_vendor import PaidVendor

    with PaidVendor("listing") as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def pipeline(vendor, folder, **options):
    from genblaze_local import LocalPaidProvider

    provider = LocalPaidProvider(
        vendor.url,
        kind=vendor.ledger.kind,
        output_dir=folder,
        poll_interval=0.01,
        retry_policy=RetryPolicy(max_attempts=2, initial_backoff_sec=0),
    )
    options.setdefault("output_dir", folder)
    return Pipeline("faults", **options).step(provider, model="m", prompt="a fox")


def bought(vendor):
    return sum(submit["new"] for submit in vendor.ledger.submits)


# --- what can be wrong with a journal from the start -----------------------------------------------------------------


def journal_file(folder: Path) -> Path:
    (folder / JOURNAL_FILE).parent.mkdir(parents=True)
    return folder / JOURNAL_FILE


def sound_journal(vendor, folder: Path) -> bytes:
    """The bytes of a journal in which a run is noted."""
    pipeline(vendor, folder).run()
    vendor.ledger.submits.clear()
    connection = sqlite3.connect(folder / JOURNAL_FILE)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return (folder / JOURNAL_FILE).read_bytes()


def garbage(vendor, folder, made):
    journal_file(folder).write_bytes(b"not a database, but long enough to look like one" * 200)


def truncated(vendor, folder, made):
    data = sound_journal(vendor, made)
    journal_file(folder).write_bytes(data[: len(data) // 2])


def overwritten(vendor, folder, made):
    data = sound_journal(vendor, made)
    journal_file(folder).write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))


def newer(vendor, folder, made):
    file = journal_file(folder)
    file.write_bytes(sound_journal(vendor, made))
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()


def another_programs(vendor, folder, made):
    with sqlite3.connect(journal_file(folder)) as connection:
        connection.execute("CREATE TABLE runs (distance REAL)")
    connection.close()


def below_a_file(vendor, folder, made):
    folder.mkdir()
    (folder / ".genblaze").write_text("in the way")


BROKEN = [garbage, truncated, overwritten, newer, another_programs, below_a_file]


@pytest.mark.parametrize("break_it", BROKEN)
def test_nothing_is_bought_when_the_journal_is_broken(vendor, tmp_path, break_it):
    break_it(vendor, tmp_path / "out", tmp_path / "made")
    with pytest.raises(GenblazeError, match=r"[Jj]ournal .*cannot be (opened|written|read)"):
        pipeline(vendor, tmp_path / "out").run()
    assert bought(vendor) == 0


@pytest.mark.parametrize("break_it", BROKEN)
def test_a_run_that_may_do_without_its_journal_says_once_that_it_is_not_protected(
    vendor, tmp_path, caplog, monkeypatch, break_it
):
    break_it(vendor, tmp_path / "out", tmp_path / "made")
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        made = pipeline(vendor, tmp_path / "out", journal_required=False)
        made.step(made.steps[0].provider, model="m", prompt="a wolf")
        events = list(made.stream())
    told = [event.message for event in events if event.type == "pipeline.warning"]
    assert [text for text in told if "is not protected against buying twice: The journal" in text] == told
    assert (len(told), caplog.text.count("is not protected")) == (1, 1)
    assert events[-1].type == "pipeline.completed"
    assert bought(vendor) == 2


def test_the_setting_lets_all_runs_do_without_their_journal(vendor, tmp_path, monkeypatch):
    monkeypatch.setenv("GENBLAZE_JOURNAL_REQUIRED", "0")
    garbage(vendor, tmp_path / "out", None)
    assert pipeline(vendor, tmp_path / "out", plugins=PluginManager(config=load_config(tmp_path))).run().ok


def test_what_an_earlier_process_began_is_not_resumed_without_its_journal(vendor, tmp_path):
    newer(vendor, tmp_path / "out", tmp_path / "made")
    with pytest.raises(JournalError, match="version 99"):
        pipeline(vendor, tmp_path / "out", journal_required=False).resume("some-run")
    assert bought(vendor) == 0


@pytest.fixture
def read_only(tmp_path):
    """A folder that even root cannot write to."""
    folder = tmp_path / "read-only"
    folder.mkdir(mode=0o500)
    if os.access(folder, os.W_OK):
        mounted(["--bind", str(folder), str(folder)], folder)
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
        yield folder
        subprocess.run(["umount", str(folder)], check=True)
    else:
        yield folder


def mounted(options, folder):
    command = ["mount", *options]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip(f"nothing can be mounted at {folder} here")


def test_nothing_is_bought_when_the_folder_is_read_only(vendor, read_only):
    with pytest.raises(JournalError, match="cannot be opened"):
        pipeline(vendor, read_only).run()
    assert bought(vendor) == 0


def test_a_read_only_folder_costs_the_protection_and_not_the_result(vendor, read_only, tmp_path):
    result = pipeline(vendor, tmp_path / "out", output_dir=read_only, journal_required=False).run()
    assert result.local_path(result.assets[0]).is_file()
    assert bought(vendor) == 1


# --- a disk that is full, or becomes so ------------------------------------------------------------------------------


class Disk:
    def __init__(self, folder):
        self.folder = folder

    @contextmanager
    def full(self):
        self.fill()
        try:
            yield
        finally:
            self.free()  # before pytest says how the test went: it may say so into a file


class SmallDisk(Disk):
    """A file system with little space."""

    def fill(self):
        with (self.folder / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
            while True:
                ballast.write(bytes(4096))

    def free(self):
        (self.folder / "ballast").unlink()


class ForbiddenDisk(Disk):
    """All regular files of this process are as long as they may become: needs no rights, and hits every write."""

    def fill(self):
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, most))

    def free(self):
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    mounted(["-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)], folder)
    yield SmallDisk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def forbidden_disk(tmp_path):
    disk = ForbiddenDisk(tmp_path)
    yield disk
    disk.free()


@pytest.fixture(params=["small_disk", "forbidden_disk"])
def disk(request):
    return request.getfixturevalue(request.param)


def test_nothing_is_bought_when_the_disk_is_full(vendor, disk):
    with disk.full(), pytest.raises(GenblazeError, match=r"journal .*cannot be (opened|written)"):
        pipeline(vendor, disk.folder).run()
    assert bought(vendor) == 0


def test_nothing_more_is_bought_when_the_disk_fills_between_two_runs(vendor, disk):
    assert pipeline(vendor, disk.folder).run().ok
    with disk.full(), pytest.raises(GenblazeError, match=r"journal .*cannot be (opened|written)"):
        pipeline(vendor, disk.folder).run()
    assert bought(vendor) == 1


def fills_after_purchase(vendor, disk):
    accept = vendor.ledger.accept

    def accept_and_fill(*args):
        job = accept(*args)
        disk.fill()
        return job

    vendor.ledger.accept = accept_and_fill


def test_a_disk_that_fills_after_the_submit_leaves_the_job_in_the_result_and_its_name_in_the_error(
    vendor, forbidden_disk
):
    fills_after_purchase(vendor, forbidden_disk)
    with pytest.raises(PipelineError) as failed:
        pipeline(vendor, forbidden_disk.folder).run()
    forbidden_disk.free()
    step = failed.value.result.run.steps[0]
    assert step.upstream_id == "job-1"
    assert step.error.endswith("The journal could not take job job-1")
    assert pipeline(vendor, forbidden_disk.folder).resume(failed.value.result.run.run_id).ok
    assert bought(vendor) == 1


def test_a_journal_that_is_full_after_the_submit_costs_the_protection_and_not_the_result(
    vendor, small_disk, tmp_path, caplog
):
    fills_after_purchase(vendor, small_disk)
    made = pipeline(vendor, tmp_path / "out", journal=small_disk.folder / "journal.db")
    events = list(made.stream())
    result = events[-1].result
    assert (events[-1].type, bought(vendor)) == ("pipeline.completed", 1)
    assert result.local_path(result.assets[0]).is_file()
    assert [event.code for event in events if event.type == "pipeline.warning"] == ["unprotected"]
    assert "could not be noted in the journal" in caplog.text


def test_a_price_that_cannot_be_noted_after_the_purchase_costs_no_result(vendor, small_disk, tmp_path, caplog):
    fills_after_purchase(vendor, small_disk)
    settings = JournalSettings(shared=str(small_disk.folder / "shared.db"))
    plugins = PluginManager(config=Config(budget=BudgetSettings(per_day_usd=1), journal=settings))
    assert pipeline(vendor, tmp_path / "out", plugins=plugins).run().ok
    assert "What local-paid/m cost could not be noted" in caplog.text
