"""The contract of embedders, over every format."""

import pytest
from smallest_media import SMALLEST

from genblaze.testing import EmbedderContract
from genblaze_media import _plugin

FORMATS = {name: each for name, each in vars(_plugin).items() if isinstance(each, _plugin.Format)}


@pytest.mark.parametrize("plugin", FORMATS.values(), ids=FORMATS)
class TestFormats(EmbedderContract):
    @pytest.fixture(autouse=True)
    def _format(self, plugin):
        self.plugin = plugin
        self.samples = tuple(SMALLEST[each.key] for each in plugin.provides()[:1])
