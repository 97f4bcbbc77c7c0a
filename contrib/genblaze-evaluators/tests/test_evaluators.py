"""What the judges say of real files."""

import numpy as np
import pytest
import soundfile
from PIL import Image

from genblaze import AgentLoop, Asset, Modality, Pipeline, SyncProvider
from genblaze.testing import plugins_with
from genblaze_evaluators import Clipping, Duration, Exposure, Repeats, Sharpness, Silence

RATE = 8000


class Makes(SyncProvider):
    """Gives files that are there already."""

    name = "makes"

    def __init__(self, *paths, media_type="image/png"):
        super().__init__()
        self.paths, self.media_type = paths, media_type

    def generate(self, step, config=None):
        step.assets = [Asset(url=path.absolute().as_uri(), media_type=self.media_type) for path in self.paths]
        return step


def result_of(folder, provider, modality=Modality.IMAGE, **params):
    pipeline = Pipeline("test", output_dir=folder, plugins=plugins_with(), embed=False)
    return pipeline.step(provider, model="m", prompt="p", modality=modality, **params).run(progress=False)


def picture(folder, name, image):
    image.save(folder / name)
    return folder / name


def sound(folder, samples, name="sound.wav"):
    soundfile.write(folder / name, samples, RATE)
    return folder / name


def tone(seconds, gain=0.5):
    return gain * np.sin(2 * np.pi * 440 * np.arange(int(seconds * RATE)) / RATE)


def test_the_worst_output_counts_and_each_is_measured(tmp_path):
    light, dark = (picture(tmp_path, f"{v}.png", Image.new("L", (32, 32), v)) for v in (120, 5))
    judged = Exposure().evaluate(result_of(tmp_path, Makes(light, dark)))
    assert (judged.passed, "too dark" in judged.feedback) == (False, True)
    assert sorted(judged.metadata) == ["120.png", "5.png"]
    assert judged.metadata["120.png"]["brightness"] == pytest.approx(120 / 255)


def test_a_white_picture_is_too_bright(tmp_path):
    white = picture(tmp_path, "w.png", Image.new("L", (32, 32), 255))
    assert "too bright" in Exposure().evaluate(result_of(tmp_path, Makes(white))).feedback


def test_sharpness_means_much_the_same_at_every_size(tmp_path):
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (64, 64), dtype=np.uint8))
    small = noise.resize((1024, 1024), Image.Resampling.NEAREST)
    large = noise.resize((4096, 4096), Image.Resampling.NEAREST)
    found = [
        Sharpness().evaluate(result_of(tmp_path, Makes(picture(tmp_path, name, image)))).metadata[name]["sharpness"]
        for name, image in (("small.png", small), ("large.png", large))
    ]
    assert found[0] == pytest.approx(found[1], rel=0.7)


def test_pictures_of_one_run_that_look_alike_are_refused(tmp_path):
    one = picture(tmp_path, "one.png", Image.linear_gradient("L"))
    same = picture(tmp_path, "same.jpg", Image.linear_gradient("L").resize((100, 90)))
    other = picture(tmp_path, "other.png", Image.radial_gradient("L"))
    alike = Repeats().evaluate(result_of(tmp_path, Makes(one, same)))
    assert (alike.passed, "looks like one.png" in alike.feedback) == (False, True)
    assert Repeats().evaluate(result_of(tmp_path, Makes(one, other))).passed


def test_a_picture_with_more_pixels_than_pillow_allows_is_refused_and_not_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    large = picture(tmp_path, "large.png", Image.new("L", (50, 50)))
    assert "too large to be judged" in Sharpness().evaluate(result_of(tmp_path, Makes(large))).feedback


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
def test_clipping_is_found_in_every_format(tmp_path, name):
    def judged(samples):
        return Clipping().evaluate(
            result_of(tmp_path, Makes(sound(tmp_path, samples, name), media_type="audio/x"), Modality.AUDIO)
        )

    assert judged(tone(1)).passed
    square = np.sign(tone(1))
    assert "cut off at full scale" in judged(square).feedback


def test_one_loud_sample_is_no_clipping(tmp_path):
    samples = tone(1)
    samples[100:102] = 1.0
    path = sound(tmp_path, samples)
    assert Clipping(most=0).evaluate(result_of(tmp_path, Makes(path, media_type="audio/wav"), Modality.AUDIO)).passed


def test_the_share_of_silence_is_measured(tmp_path):
    path = sound(tmp_path, np.concatenate([tone(1), np.zeros(3 * RATE)]))
    judged = Silence().evaluate(result_of(tmp_path, Makes(path, media_type="audio/wav"), Modality.AUDIO))
    assert judged.metadata["sound.wav"]["silent"] == pytest.approx(0.75, abs=0.02)
    assert "75%" in judged.feedback


@pytest.mark.parametrize(("asked", "passed"), [({"duration": 2}, True), ({"seconds": "4s"}, False), ({}, True)])
def test_a_duration_is_compared_with_what_the_step_asked_for(tmp_path, asked, passed):
    made = Makes(sound(tmp_path, tone(2)), media_type="audio/wav")
    judged = Duration().evaluate(result_of(tmp_path, made, Modality.AUDIO, **asked))
    assert judged.passed is passed
    assert judged.metadata["sound.wav"]["seconds"] == pytest.approx(2)


def test_a_run_without_such_an_output_does_not_pass(tmp_path):
    path = sound(tmp_path, tone(1))
    judged = Sharpness().evaluate(result_of(tmp_path, Makes(path, media_type="audio/wav"), Modality.AUDIO))
    assert (judged.passed, judged.feedback) == (False, "the run made no image that lies here")


@pytest.mark.parametrize("name", ["image-blank", "image-exposure", "image-repeats", "image-sharpness"])
def test_an_installed_evaluator_judges_in_a_loop_by_its_name(tmp_path, name):
    checks = np.where((np.indices((64, 64)) // 8).sum(axis=0) % 2, 210, 50).astype(np.uint8)
    good = picture(tmp_path, "good.png", Image.fromarray(checks))

    def attempt(context):
        return Pipeline("loop", output_dir=tmp_path).step(Makes(good), model="m", prompt="p")

    outcome = AgentLoop(attempt, name, max_iterations=1).run(progress=False)
    assert outcome.passed, outcome.iterations[-1].evaluation
