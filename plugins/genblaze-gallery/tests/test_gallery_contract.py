"""What people expect of subcommands and of plugins."""

import subprocess
import sys

import pytest

from genblaze.testing import CommandContract, PluginContract
from genblaze_gallery import _plugin


class TestPlugin(PluginContract):
    plugin = "genblaze_gallery._plugin"


class TestReport(CommandContract):
    plugin = _plugin
    command = "report"


class TestIndex(CommandContract):
    plugin = _plugin
    command = "index"


class TestSearch(CommandContract):
    plugin = _plugin
    command = "search"


class TestLineage(CommandContract):
    plugin = _plugin
    command = "lineage"


@pytest.mark.parametrize("heavy", ["PIL", "jinja2", "sqlite3"])
def test_the_help_of_genblaze_imports_nothing_heavy_for_these_commands(heavy):
    program = f"import sys; from genblaze.cli.main import run; run(['--help']); assert {heavy!r} not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)
