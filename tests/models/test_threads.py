"""Records, read, built and written for the first time by several threads at once."""

import subprocess
import sys

import pytest

# Each round has records of its own, which nothing has read before; the threads change as often as they can.
SCRIPT = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from genblaze.models.projection import Projection
from genblaze.models.record import Record

def classes():
    class Sound(Record):
        codec: str = ""
        rates: list[int] = []

    class Output(Record):
        sound: Sound | None = None
        others: list[Sound] = []

    return Sound, Output

def read(output, sound):
    output.model_validate_json('{"sound": {"codec": "aac", "rates": [1]}, "others": [{}]}')

def build(output, sound):
    output(sound={"codec": "aac", "rates": [1]}, others=[{}])

def write(output, sound):
    output.projection.to_bytes(output(sound=sound(codec="aac")))

sys.setswitchinterval(1e-6)
with ThreadPoolExecutor(3) as pool:
    for _ in range(400):
        sound, output = classes()
        output.projection = Projection(output)
        barrier = Barrier(3)
        def work(_):
            barrier.wait()
            globals()[sys.argv[1]](output, sound)
        list(pool.map(work, range(3)))
"""


@pytest.mark.parametrize("how", ["read", "build", "write"])
def test_records_may_be_used_for_the_first_time_by_several_threads_at_once(how):
    done = subprocess.run([sys.executable, "-c", SCRIPT, how], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
