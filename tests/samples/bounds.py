"""What a block may cost: bytes of files that it reads, bytes of memory that it holds, time."""

import time
import tracemalloc
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def at_most_read(limit):
    """The block reads no more than `limit` bytes, from whatever file."""
    before = _characters_read()
    yield
    assert _characters_read() - before <= limit


@contextmanager
def at_most_held(limit):
    """The block never holds more than `limit` bytes of its own, nor takes the time that only quadratic work takes."""
    tracemalloc.start()
    try:
        started = time.perf_counter()
        yield
        assert time.perf_counter() - started < 90
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


def _characters_read() -> int:
    status = Path("/proc/self/io")
    if not status.exists():
        pytest.skip("this system does not count what a process reads")
    return int(status.read_text().split("rchar:")[1].split()[0])
