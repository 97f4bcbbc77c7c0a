"""The contracts of plugins and of providers, over genblaze-ffmpeg."""

import base64
import io

import pytest
from PIL import Image

from genblaze import Asset, Modality, Step
from genblaze.testing import PluginContract, ProviderContract
from genblaze_ffmpeg import FFmpegCompositor, FFmpegTransform


def picture(colour):
    file = io.BytesIO()
    Image.new("RGB", (32, 32), colour).save(file, "PNG")
    return Asset(url=f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}", media_type="image/png")


CASES = {
    FFmpegCompositor: {"operation": "overlay", "x": 8},
    FFmpegTransform: {"operation": "resize", "width": 16},
}


class TestPlugin(PluginContract):
    plugin = "genblaze_ffmpeg._plugin"


@pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.name)
class TestProviders(ProviderContract):
    @pytest.fixture(autouse=True)
    def _case(self, kind, tmp_path):
        self.kind, self.folder = kind, tmp_path

    def make_provider(self):
        return self.kind(self.folder)

    def make_step(self):
        inputs = [picture("red"), picture("blue")][: 2 if self.kind is FFmpegCompositor else 1]
        return Step(
            provider=self.kind.name, model="ffmpeg", modality=Modality.IMAGE, inputs=inputs, params=CASES[self.kind]
        )
