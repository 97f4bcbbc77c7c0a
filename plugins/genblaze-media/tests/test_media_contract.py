"""The contract of embedders, over every format."""

import pytest
from smallest_media import SMALLEST

from genblaze.testing import EmbedderContract
from genblaze_media import aac, flac, gif, heif, jpeg, m4a, mp3, mp4, ogg, png, wav, webp

FORMATS = [aac, flac, gif, heif, jpeg, m4a, mp3, mp4, ogg, png, wav, webp]


@pytest.mark.parametrize("plugin", FORMATS, ids=lambda plugin: plugin.__name__.rpartition(".")[2])
class TestFormats(EmbedderContract):
    @pytest.fixture(autouse=True)
    def _format(self, plugin):
        self.plugin = plugin
        self.samples = tuple(SMALLEST[each.key] for each in plugin.provides()[:1])
