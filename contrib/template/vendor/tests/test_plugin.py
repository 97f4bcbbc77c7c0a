"""What genblaze relies on when it loads the plugin."""

from genblaze.testing import PluginContract


class TestPlugin(PluginContract):
    plugin = "genblaze_acme_api._plugin"
