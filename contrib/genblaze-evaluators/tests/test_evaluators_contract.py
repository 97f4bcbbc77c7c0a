"""The contracts of plugins and of evaluators, over each of ours."""

import io

import numpy as np
import pytest
import soundfile
from PIL import Image, ImageFilter

from genblaze.testing import EvaluatorContract, PluginContract
from genblaze_evaluators import Duration, Repeats, _plugin

RATE = 8000
TIME = np.arange(2 * RATE) / RATE


def png(picture):
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def wav(samples):
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="WAV")
    return file.getvalue()


def checks(size=256, field=16):
    grid = np.indices((size, size)) // field
    return Image.fromarray(np.where(grid.sum(axis=0) % 2, 210, 50).astype(np.uint8))


TONE = 0.5 * np.sin(2 * np.pi * 440 * TIME)
SHARP = png(checks())
CASES = {
    "image-blank": (_plugin.blank, SHARP, png(Image.new("RGB", (64, 64), "navy"))),
    "image-exposure": (_plugin.exposure, SHARP, png(Image.new("L", (64, 64), 6))),
    "image-sharpness": (_plugin.sharpness, SHARP, png(checks().filter(ImageFilter.GaussianBlur(9)))),
    "audio-clipping": (_plugin.clipping, wav(TONE), wav(np.clip(6 * TONE, -1, 1))),
    "audio-silence": (_plugin.silence, wav(TONE), wav(np.concatenate([TONE[:2000], np.zeros(14000)]))),
}


@pytest.mark.parametrize("name", CASES)
class TestNamed(EvaluatorContract):
    @pytest.fixture(autouse=True)
    def _case(self, name):
        self.evaluator = name
        self.plugin, self.good, self.bad = CASES[name]
        self.media_type = "image/png" if name.startswith("image") else "audio/wav"


class TestRepeats(EvaluatorContract):
    @pytest.fixture(autouse=True)
    def _case(self, tmp_path_factory):
        reference = tmp_path_factory.mktemp("known") / "known.png"
        Image.radial_gradient("L").save(reference)
        self.evaluator = Repeats([reference])
        self.good, self.bad = SHARP, png(Image.radial_gradient("L").resize((99, 120)))


class TestDuration(EvaluatorContract):
    evaluator = Duration(2.0)
    media_type = "audio/wav"
    good, bad = wav(TONE), wav(TONE[:RATE])


@pytest.mark.parametrize("name", ["blank", "exposure", "repeats", "sharpness", "clipping", "silence", "duration"])
class TestPlugins(PluginContract):
    @pytest.fixture(autouse=True)
    def _case(self, name):
        self.plugin = f"genblaze_evaluators._plugin:{name}"
