"""Importing genblaze loads the standard library's light half, msgspec, and nothing else."""

import subprocess
import sys

import pytest

LIGHT = {"genblaze", "msgspec", "typing_extensions"}  # the last one by msgspec, where it is installed
# They cost more than the kernel itself, and few programs need them at import.
HEAVY_STDLIB = {
    "asyncio",
    "concurrent",
    "email",
    "http",
    "ssl",
    "sqlite3",
    "tomllib",
    "unittest",
    "urllib.request",
}


@pytest.mark.parametrize(
    "statement",
    [
        "import genblaze",
        "from genblaze import Pipeline",
        "from genblaze import Capability, hookimpl",
        "from genblaze import Modality, Step",
    ],
)
def test_importing_loads_only_what_is_light(statement):
    program = f"import sys; before = set(sys.modules)\n{statement}\nprint(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    top = {name.partition(".")[0] for name in loaded}
    allowed = LIGHT | ({"pluggy"} if "hookimpl" in statement else set())
    assert top - set(sys.stdlib_module_names) - allowed == set()
    assert loaded & HEAVY_STDLIB == set()
