"""The offline providers make real media, the same ones each time, and refuse what they cannot make."""

from __future__ import annotations

import array
import subprocess
import sys
import time
import wave
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageFont, ImageStat

from genblaze import Modality, Pipeline, PipelineError, ProviderErrorCode, RetryPolicy, Verdict, verify_file
from genblaze_local import LocalAudioProvider, LocalImageProvider, LocalVideoProvider
from genblaze_local.drawing import draw_picture
from genblaze_local.drawing.caption import readable, wrap
from genblaze_local.ffmpeg import find_ffmpeg

FOX = "a red fox sitting in a snowy forest, golden hour"


def made(provider, model: str, modality: Modality, folder: Path, **params) -> Path:
    result = Pipeline("one", output_dir=folder).step(provider, model=model, modality=modality, **params).run()
    return result.local_path(result.assets[0])


def picture(folder: Path, **params) -> Path:
    return made(
        LocalImageProvider(), "local-image-1", Modality.IMAGE, folder, **{"prompt": FOX, "size": "192x128", **params}
    )


def failure(provider, model: str, modality: Modality, folder: Path, **params):
    with pytest.raises(PipelineError) as failed:
        made(provider, model, modality, folder, **params)
    return failed.value.result.run.steps[0]


def frame(film: Path, place: str = "0") -> Image.Image:
    """One decoded frame of a film."""
    target = film.with_suffix(f".{place}.png")
    command = [find_ffmpeg(), "-loglevel", "error", "-y", "-ss", place, "-i", str(film), "-frames:v", "1", str(target)]
    subprocess.run(command, check=True)
    with Image.open(target) as opened:
        return opened.convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures, 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def test_a_picture_is_a_png_of_the_size_asked_for_and_not_blank(tmp_path):
    with Image.open(picture(tmp_path)) as opened:
        assert (opened.format, opened.size) == ("PNG", (192, 128))
        assert min(ImageStat.Stat(opened.convert("RGB")).stddev) > 10


def test_every_file_verifies(tmp_path):
    result = (
        Pipeline("all", output_dir=tmp_path)
        .step("local", model="local-image-1", prompt=FOX, modality=Modality.IMAGE, size="192x128", step_name="picture")
        .step(
            "local", model="local-video-1", prompt="zoom", modality=Modality.VIDEO, duration=0.5, input_from="picture"
        )
        .step("local", model="local-audio-1", prompt="calm", modality=Modality.AUDIO, duration=0.5)
        .run()
    )
    verdicts = [verify_file(path).verdict for path in result.deliveries.paths.values()]
    assert verdicts == [Verdict.EXACT] * 3


def test_the_same_request_gives_the_same_bytes_in_another_process(tmp_path):
    program = (
        "from genblaze import Pipeline, Modality\n"
        "for model, modality, params in (\n"
        "    ('local-image-1', 'image', {'size': '96x64'}), ('local-audio-1', 'audio', {'duration': 0.3}),\n"
        "    ('local-video-1', 'video', {'size': '96x64', 'duration': 0.3})):\n"
        "    step = Pipeline().step('local', model=model, modality=modality, prompt='a lake', seed=5, **params)\n"
        "    result = step.run()\n"
        "    print(result.assets[0].sha256)\n"
    )
    runs = [
        subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    assert len(set(runs[0].split())) == 3


def test_another_seed_gives_another_picture(tmp_path):
    assert picture(tmp_path, seed=1).read_bytes() != picture(tmp_path, seed=2).read_bytes()


def test_words_choose_the_light_unless_they_are_unwanted(tmp_path):
    def brightness(**params) -> float:
        with Image.open(picture(tmp_path, caption=False, **params)) as opened:
            return ImageStat.Stat(opened.convert("L")).mean[0]

    assert brightness(prompt="a lake at night") < 70 < 120 < brightness(prompt="a lake on a misty morning")
    assert brightness(prompt="a lake in mist, night", negative_prompt="night") > 120


@pytest.mark.parametrize("land", ["city", "ocean", "desert", "lake", "forest", "mountains"])
@pytest.mark.parametrize("light", ["aurora snow", "sunset"])
@pytest.mark.parametrize("figure", ["fox", "cat", "boat", "balloon", "lighthouse", "birds"])
def test_every_scene_can_be_drawn_in_the_smallest_size_and_in_odd_ones(land, light, figure):
    for size in ((16, 16), (161, 97), (16, 240)):
        assert draw_picture(f"{figure} {light} {land}", size).size == size


@pytest.mark.slow
def test_the_largest_picture_is_drawn(tmp_path):
    with Image.open(picture(tmp_path, size="2048x2048")) as opened:
        assert opened.size == (2048, 2048)


def test_the_caption_is_on_the_picture_unless_it_is_switched_off(tmp_path):
    with Image.open(picture(tmp_path)) as one, Image.open(picture(tmp_path, caption=False)) as other:
        changed = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getbbox()
    assert changed is not None
    assert changed[1] > 128 / 2, "the caption stays in the lower half"


def test_a_caption_is_cut_to_three_lines_within_the_width():
    font = ImageFont.load_default(12)
    lines = wrap("word " * 500, font, 200)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert all(font.getlength(line) <= 200 for line in lines)


def test_a_caption_has_letters_that_the_font_has_and_no_others():
    font = ImageFont.load_default(12)
    assert readable("Café \u2013 Straße\u200b\x07", font) == "Cafe - Strasse"
    assert readable("狐狸 🦊", font) == "", "a row of dots says nothing"


@pytest.mark.parametrize("prompt", ["", "狐狸 في الثلج 🦊", "x" * 5000, "word " * 20_000, "a\nb\tc\x00"])
def test_any_prompt_gives_a_picture(tmp_path, prompt):
    with Image.open(picture(tmp_path, prompt=prompt)) as opened:
        assert opened.size == (192, 128)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"size": "0x10"}, "from 16"),
        ({"size": "1000000x1000000"}, "2048"),
        ({"size": "big"}, "768x512"),
        ({"width": 2049}, "2048"),
        ({"width": 100.5}, "whole number"),
        ({"height": True}, "whole number"),
        ({"caption": "no"}, "true or false"),
        ({"style": 3}, "must be text"),
        ({"colour": "red"}, "no parameter 'colour'"),
        ({"widht": 100}, "Did you mean 'width'"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused_with_what_can(tmp_path, params, told):
    step = failure(LocalImageProvider(), "local-image-1", Modality.IMAGE, tmp_path, prompt=FOX, **params)
    assert step.error_code == ProviderErrorCode.INVALID_INPUT
    assert told in step.error


def test_an_unknown_model_is_a_model_error(tmp_path):
    step = failure(LocalImageProvider(), "local-image-9", Modality.IMAGE, tmp_path, prompt=FOX)
    assert step.error_code == ProviderErrorCode.MODEL_ERROR


def test_music_has_its_length_is_not_silent_and_not_clipped(tmp_path):
    path = made(LocalAudioProvider(), "local-audio-1", Modality.AUDIO, tmp_path, prompt="calm", duration=1.5)
    with wave.open(str(path)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (44_100, 2, 2)
        samples = array.array("h", sound.readframes(sound.getnframes()))
        assert sound.getnframes() == round(1.5 * 44_100)
    assert 10_000 < max(map(abs, samples)) < 32_767
    left, right = samples[::2], samples[1::2]
    assert left != right, "it is stereo"
    assert max(map(abs, samples[-200:])) < 500, "it ends in silence"


def test_sound_and_film_state_what_they_are(tmp_path):
    result = (
        Pipeline("facts", output_dir=tmp_path)
        .step("local", model="local-audio-1", modality=Modality.AUDIO, prompt="calm", duration=0.25)
        .step("local", model="local-video-1", modality=Modality.VIDEO, prompt="calm", width=64, duration=0.5, fps=10)
        .run()
    )
    sound, film = result.assets
    assert (sound.media_type, sound.duration) == ("audio/wav", 0.25)
    assert (sound.audio.sample_rate, sound.audio.channels) == (44_100, 2)
    assert (film.media_type, film.width, film.height, film.duration) == ("video/mp4", 64, 42, 0.5)
    assert (film.video.codec, film.video.frame_rate, film.video.has_audio) == ("h264", 10.0, False)


def test_a_film_has_as_many_frames_as_asked_for_and_begins_with_its_index(tmp_path):
    path = made(
        LocalVideoProvider(), "local-video-1", Modality.VIDEO, tmp_path, prompt=FOX, size="64x48", duration=1.5, fps=8
    )
    told = subprocess.run([find_ffmpeg(), "-i", str(path), "-f", "framemd5", "-"], capture_output=True, text=True)
    assert sum(not line.startswith("#") for line in told.stdout.splitlines()) == 12
    assert "h264" in told.stderr
    assert "yuv420p" in told.stderr
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_a_film_can_come_up_from_black(tmp_path):
    params = {"prompt": "a misty day", "size": "64x48", "duration": 1, "fps": 8, "fade_in": 0.5}
    path = made(LocalVideoProvider(), "local-video-1", Modality.VIDEO, tmp_path, **params)
    assert max(ImageStat.Stat(frame(path)).mean) < 3
    assert max(ImageStat.Stat(frame(path, "0.8")).mean) > 60


def test_a_film_begins_with_its_input_picture_and_moves(tmp_path):
    result = (
        Pipeline("film", output_dir=tmp_path, chain=True)
        .step(LocalImageProvider(), model="local-image-1", prompt=FOX, modality=Modality.IMAGE, size="192x128")
        .step(LocalVideoProvider(), model="local-video-1", prompt="zoom", modality=Modality.VIDEO, duration=1, fps=12)
        .run()
    )
    still, film = result.assets
    with Image.open(result.local_path(still)) as opened:
        first = frame(result.local_path(film))
        assert difference(opened.convert("RGB"), first) < 8
    assert difference(first, frame(result.local_path(film), "0.9")) > 2
    assert (film.width, film.height, film.duration, film.video.frame_rate) == (192, 128, 1.0, 12.0)


def test_a_vendor_that_fails_at_first_is_asked_again(tmp_path):
    policy = RetryPolicy(initial_backoff_sec=0.01)
    provider = LocalImageProvider(fail_times=2, retry_policy=policy)
    result = Pipeline(output_dir=tmp_path).step(provider, model="local-image-1", prompt=FOX, size="64x64").run()
    assert result.run.steps[0].retries == 2


def test_the_rate_limit_says_when_to_come_back(tmp_path):
    provider = LocalImageProvider(rate_limit_per_minute=1, retry_policy=RetryPolicy.disabled())
    made(provider, "local-image-1", Modality.IMAGE, tmp_path, prompt=FOX, size="64x64")
    step = failure(provider, "local-image-1", Modality.IMAGE, tmp_path, prompt=FOX, size="64x64")
    assert step.error_code == ProviderErrorCode.RATE_LIMIT


def test_a_job_takes_its_latency_and_tells_progress(tmp_path):
    told = []
    pipeline = Pipeline(output_dir=tmp_path).step(
        LocalImageProvider(latency=0.5), model="local-image-1", prompt=FOX, size="64x64"
    )
    began = time.monotonic()
    pipeline.run(on_progress=lambda event: told.append(event.progress_pct))
    assert time.monotonic() - began >= 0.5
    shares = [share for share in told if share is not None]
    assert shares == sorted(shares)
    assert any(0 < share < 1 for share in shares)


def test_a_price_is_the_cost_of_the_step(tmp_path):
    provider = LocalImageProvider(price_usd=0.25)
    result = Pipeline(output_dir=tmp_path).step(provider, model="local-image-1", prompt=FOX, size="64x64").run()
    assert (result.total_cost_usd, result.cost_is_complete) == (0.25, True)


def test_a_job_that_takes_too_long_is_stopped_at_the_vendor(tmp_path):
    provider = LocalImageProvider(latency=30)
    began = time.monotonic()
    step = failure(provider, "local-image-1", Modality.IMAGE, tmp_path, prompt=FOX, size="64x64", step_timeout=0.3)
    assert step.error_code == ProviderErrorCode.TIMEOUT
    assert time.monotonic() - began < 5
    job = provider._vendor.job(step.upstream_id)
    while not job.ended:  # it notices in a thread of its own
        assert time.monotonic() - began < 30
        time.sleep(0.01)
    assert job.error is not None


def test_importing_the_package_loads_neither_pillow_nor_a_provider():
    program = (
        "import sys, genblaze_local._plugin\n"
        "print([name for name in ('PIL', 'genblaze_local.provider') if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"
