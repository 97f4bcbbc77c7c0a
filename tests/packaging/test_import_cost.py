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
    loaded = loaded_by(statement)
    top = {name.partition(".")[0] for name in loaded}
    allowed = LIGHT | ({"pluggy"} if "hookimpl" in statement else set())
    assert top - set(sys.stdlib_module_names) - allowed == set()
    assert loaded & HEAVY_STDLIB == set()


def test_the_class_pipeline_loads_no_records():
    assert "msgspec" not in loaded_by("from genblaze import Pipeline")


RUN = """
from genblaze import Asset, Pipeline, SyncProvider
class Painter(SyncProvider):
    name = "painter"
    def generate(self, step, config=None):
        step.assets = [Asset(url="https://vendor.test/1.png", media_type="image/png", sha256="ab" * 32)]
        return step
Pipeline("first").step(Painter(), model="m", prompt="a fox").run()
"""


def test_a_run_loads_no_part_that_it_does_not_use(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    unused = {"sinks.object_storage", "storing.options", "providers.model_registry", "embedding", "agents"}
    assert loaded_by(RUN) & {f"genblaze.{name}" for name in unused} == set()


HELP = """
from genblaze.plugins import claims
commandless = [each for each in claims.find_claims() if "register_commands" not in (each.hooks or ())]
claims.find_claims = lambda: commandless
from genblaze.cli.main import run
run(["--help"])
"""


def test_help_loads_no_plugin_where_none_adds_commands():
    loaded = loaded_by(HELP)
    assert {name.partition(".")[0] for name in loaded} - set(sys.stdlib_module_names) <= {"genblaze", "click"}
    assert {"importlib.metadata", "json", "pathlib", "asyncio"} & loaded == set()


@pytest.mark.needs_plugins
def test_verifying_a_file_loads_the_plugins_of_formats_and_of_these_the_one_that_reads_it(tmp_path):
    picture = tmp_path / "a.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    loaded = loaded_by(f"from genblaze.cli.main import run; run(['verify', {str(picture)!r}])")
    plugins = {name for name in loaded if name.startswith("genblaze_")}
    assert plugins == {"genblaze_media", "genblaze_media._plugin", "genblaze_media.bmff_brands", "genblaze_media.png"}
    assert {"asyncio", "concurrent.futures", "importlib.metadata", "rich", "sqlite3", "tempfile"} & loaded == set()


def loaded_by(statement):
    program = f"import sys; before = set(sys.modules)\n{statement}\nprint(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())
