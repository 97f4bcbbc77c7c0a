"""The contracts of plugins and of their commands, over genblaze-parquet."""

from genblaze.testing import CommandContract, PluginContract
from genblaze_parquet import _plugin


class TestPlugin(PluginContract):
    plugin = "genblaze_parquet._plugin"


class TestTables(CommandContract):
    plugin = _plugin
    command = "tables"
