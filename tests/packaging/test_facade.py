"""genblaze_core offers the published names from the published paths, and stays light."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

pytestmark = pytest.mark.needs_plugins

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "plugins" / "genblaze-core" / "published_names.txt"
HEAVY = {"httpx", "boto3", "PIL", "mutagen", "opentelemetry", "pluggy", "click", "rich", "asyncio", "loguru"}


class Published(NamedTuple):
    name: str
    home: str
    paths: list[str]


def published() -> list[Published]:
    lines = [line.split() for line in TABLE.read_text("utf-8").splitlines() if line and line[0] != "#"]
    return [
        Published(
            name,
            home,
            ["genblaze_core" if module == "." else f"genblaze_core.{module}" for module in modules],
        )
        for name, home, *modules in lines
    ]


def at_home(each: Published) -> object:
    return getattr(import_module(each.home), each.name)


#: Homes that `pip install genblaze-core` does not bring.
OPTIONAL = {"genblaze_parquet"}
PRESENT = [each for each in published() if each.home != "-"]


@pytest.mark.parametrize("each", PRESENT, ids=lambda each: f"{each.paths[0]}.{each.name}")
def test_a_name_is_the_same_object_on_every_published_path(each):
    assert all(getattr(import_module(path), each.name) is at_home(each) for path in each.paths)


def test_a_name_that_is_not_here_yet_is_an_ordinary_attribute_error():
    import genblaze_core

    with pytest.raises(AttributeError, match="module 'genblaze_core' has no attribute 'Unheard'"):
        genblaze_core.Unheard  # noqa: B018


def test_every_name_is_listed_for_completion_and_for_import_star():
    import genblaze_core

    names = {each.name for each in PRESENT if "genblaze_core" in each.paths and each.home not in OPTIONAL}
    assert set(genblaze_core.__all__) == names | {"__version__"}
    assert set(dir(genblaze_core)) >= names


@pytest.mark.parametrize("path", ["genblaze_core", "genblaze_core.sinks", "genblaze_core.sinks.parquet"])
def test_a_name_whose_plugin_is_not_installed_says_what_to_install(path):
    program = f"import sys; sys.modules['genblaze_parquet'] = None\nfrom {path} import ParquetSink"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    told = "ParquetSink is part of genblaze-parquet, which is not installed. Run: pip install genblaze-parquet"
    assert done.stderr.endswith(f"ImportError: {told}\n")


def test_import_star_does_without_the_plugins_that_are_not_installed():
    program = (
        "import sys; sys.modules['genblaze_parquet'] = None\nfrom genblaze_core import *\nprint(Pipeline.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "Pipeline\n"


def test_submodules_are_attributes_of_the_package_without_an_import_of_their_own():
    program = "import genblaze_core as core; print(core.models.Modality.IMAGE.value)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "image\n"


def test_the_generated_modules_are_what_the_table_says():
    tool = ROOT / "tools" / "facade.py"
    done = subprocess.run([sys.executable, tool, "--check"], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "façade in step")


@pytest.mark.parametrize(
    "statement",
    [
        "import genblaze_core",
        "from genblaze_core import Pipeline",
        "from genblaze_core.models import Asset",
        "from genblaze_core.providers import RetryPolicy",
        "from genblaze_core.sinks import BaseSink",
    ],
)
def test_importing_the_facade_loads_nothing_heavy(statement):
    program = f"{statement}\nimport sys; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stdout.split()) == set()


def test_genblaze_offers_the_same_names_itself_but_those_of_plugins():
    import genblaze

    top = [each for each in PRESENT if "genblaze_core" in each.paths and each.home.startswith("genblaze.")]
    assert [each.name for each in top if getattr(genblaze, each.name, None) is not at_home(each)] == []
