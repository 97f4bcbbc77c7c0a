"""Counts what this process reads, so that a test can say how little of a file was looked at."""

from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def at_most_read(limit):
    """The block reads no more than `limit` bytes, from whatever file."""
    before = _characters_read()
    yield
    assert _characters_read() - before <= limit


def _characters_read() -> int:
    status = Path("/proc/self/io")
    if not status.exists():
        pytest.skip("this system does not count what a process reads")
    return int(status.read_text().split("rchar:")[1].split()[0])
