"""The offline providers make real media, the same ones each time, and refuse what they cannot make."""

from __future__ import annotations

import array
import subprocess
import sys
import time
import wave
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from genblaze import Modality, Pipeline, PipelineError, ProviderErrorCode, RetryPolicy, Verdict, verify_file
from genblaze_local import LocalAudioProvider, LocalImageProvider, LocalVideoProvider
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


@pytest.mark.parametrize("prompt", ["", "狐狸 في الثلج 🦊", "x" * 5000, "a\nb\tc"])
def test_any_prompt_gives_a_picture(tmp_path, prompt):
    with Image.open(picture(tmp_path, prompt=prompt)) as opened:
        assert opened.size == (192, 128)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"size": "0x10"}, "from 16"),
        ({"size": "1000000x1000000"}, "2048"),
        ({"size": "big"}, "768x512"),
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
    assert provider._vendor.job(step.upstream_id).error is not None


def test_importing_the_package_loads_neither_pillow_nor_a_provider():
    program = (
        "import sys, genblaze_local._plugin\n"
        "print([name for name in ('PIL', 'genblaze_local.provider') if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"
