"""The played vendor: jobs, cancellation, and what it refuses; ffmpeg, found and missing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from genblaze import Asset, InvalidValueError, Modality, ProviderError, ProviderErrorCode, Step, StepStatus
from genblaze_local import LocalAudioProvider, LocalImageProvider, LocalVideoProvider
from genblaze_local.ffmpeg import find_ffmpeg


def image_step(**params) -> Step:
    return Step(provider="local-image", model="local-image-1", prompt="a lake", params={"size": "64x64", **params})


def video_step(*inputs: Asset, **params) -> Step:
    return Step(
        provider="local-video",
        model="local-video-1",
        modality=Modality.VIDEO,
        prompt="a lake",
        params=params,
        inputs=list(inputs),
    )


def saved(path: Path, picture: Image.Image, **options) -> Asset:
    picture.save(path, **options)
    return Asset(url=path.as_uri(), media_type="image/png")


def wait(provider, job_id: str, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not provider.poll(job_id):
        assert time.monotonic() < end, "the job does not end"
        time.sleep(0.01)


def refused(provider, step: Step) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        provider.submit(step)
    assert caught.value.error_code == ProviderErrorCode.INVALID_INPUT
    return caught.value


def test_a_step_can_be_made_without_a_pipeline(tmp_path):
    step = LocalImageProvider(tmp_path).invoke(image_step())
    assert step.status == StepStatus.SUCCEEDED
    assert [path.as_uri() for path in tmp_path.iterdir()] == [step.assets[0].url]


def test_an_output_can_be_fetched_again_and_a_later_submit_is_another_file(tmp_path):
    provider = LocalImageProvider(tmp_path)
    job_id = provider.submit(image_step())
    wait(provider, job_id)
    first, again = (provider.fetch_output(job_id, image_step()).assets[0] for _ in range(2))
    other = provider.submit(image_step())
    wait(provider, other)
    assert first.url == again.url
    assert provider.fetch_output(other, image_step()).assets[0].url != first.url
    assert provider.fetch_output(other, image_step()).assets[0].sha256 == first.sha256


def test_an_output_that_is_not_there_yet_is_an_error(tmp_path):
    provider = LocalImageProvider(tmp_path, latency=30)
    job_id = provider.submit(image_step())
    with pytest.raises(ProviderError, match="has not ended"):
        provider.fetch_output(job_id, image_step())
    provider.cancel(job_id)


def test_a_job_of_another_process_is_unknown():
    with pytest.raises(ProviderError, match="end with the process"):
        LocalImageProvider().poll("local-1")


def test_cancelling_while_ffmpeg_works_leaves_no_file_and_no_process(tmp_path):
    provider = LocalVideoProvider(tmp_path)
    job_id = provider.submit(video_step(size="640x360", duration=30, fps=30))
    end = time.monotonic() + 20
    while "encoding" not in provider.poll_progress(job_id)["message"]:
        assert time.monotonic() < end
        time.sleep(0.01)
    provider.cancel(job_id)
    wait(provider, job_id, 5)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ProviderError, match="cancelled"):
        provider.fetch_output(job_id, video_step())


def test_a_cancelled_picture_leaves_no_file(tmp_path):
    provider = LocalImageProvider(tmp_path, latency=20)
    job_id = provider.submit(image_step())
    provider.cancel(job_id)
    wait(provider, job_id, 5)
    assert list(tmp_path.iterdir()) == []


def test_cancelling_a_job_that_has_ended_does_nothing(tmp_path):
    provider = LocalImageProvider(tmp_path)
    job_id = provider.submit(image_step())
    wait(provider, job_id)
    provider.cancel(job_id)
    assert provider.fetch_output(job_id, image_step()).assets


def test_a_job_at_work_does_not_delay_the_end_of_the_process(tmp_path):
    program = (
        "from genblaze import Step, Modality\n"
        "from genblaze_local import LocalVideoProvider\n"
        "step = Step(provider='local-video', model='local-video-1', modality=Modality.VIDEO, prompt='a', "
        "params={'duration': 30, 'size': '640x360'})\n"
        f"LocalVideoProvider({str(tmp_path)!r}, latency=60).submit(step)\n"
    )
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)
    assert time.monotonic() - began < 15


def test_a_folder_that_cannot_be_written_is_the_error_of_the_step(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    step = LocalImageProvider(blocked).invoke(image_step())
    assert step.status == StepStatus.FAILED
    assert "file" in step.error


@pytest.mark.parametrize(
    "options",
    [
        {"latency": -1},
        {"latency": float("inf")},
        {"price_usd": -0.1},
        {"price_usd": float("nan")},
        {"fail_times": -1},
        {"rate_limit_per_minute": 0},
        {"poll_interval": 0},
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(options):
    with pytest.raises(InvalidValueError):
        LocalImageProvider(**options)


def test_a_failure_is_of_the_kind_that_was_ordered(tmp_path):
    provider = LocalImageProvider(tmp_path, fail_times=1, failure=ProviderErrorCode.CONTENT_POLICY)
    step = provider.invoke(image_step())
    assert (step.status, step.error_code) == (StepStatus.FAILED, ProviderErrorCode.CONTENT_POLICY)
    assert provider.invoke(image_step()).status == StepStatus.SUCCEEDED


def test_the_price_can_be_estimated_before():
    assert str(LocalImageProvider(price_usd=0.04).estimate_cost("local-image-1", n=3)) == "0.12"


# --- inputs of a film -------------------------------------------------------------------------------------------------


def test_a_film_takes_a_picture_in_any_mode_and_cuts_it_to_even_sides(tmp_path):
    for number, mode in enumerate(("RGBA", "P", "L", "I;16", "CMYK")):
        suffix = "tiff" if mode == "CMYK" else "png"
        asset = saved(tmp_path / f"{number}.{suffix}", Image.new(mode, (101, 67)))
        step = LocalVideoProvider(tmp_path / "out").invoke(video_step(asset, duration=0.2, fps=10))
        assert step.status == StepStatus.SUCCEEDED, step.error
        assert (step.assets[0].width, step.assets[0].height) == (100, 66)


def test_a_film_of_a_large_picture_is_made_smaller_and_asked_sizes_are_kept(tmp_path):
    asset = saved(tmp_path / "large.png", Image.new("RGB", (3000, 1500)))
    for params, size in (({}, (1280, 640)), ({"size": "96x96"}, (96, 96)), ({"height": 100}, (200, 100))):
        step = LocalVideoProvider(tmp_path / "out").invoke(video_step(asset, duration=0.1, fps=10, **params))
        assert (step.assets[0].width, step.assets[0].height) == size


def test_a_film_of_a_picture_that_lies_on_its_side_stands_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    asset = saved(tmp_path / "side.jpg", Image.new("RGB", (80, 40)), exif=exif)
    step = LocalVideoProvider(tmp_path / "out").invoke(video_step(asset, duration=0.1, fps=10))
    assert (step.assets[0].width, step.assets[0].height) == (40, 80)


def test_only_pictures_on_this_machine_are_filmed(tmp_path):
    provider = LocalVideoProvider(tmp_path / "out")
    text, odd = tmp_path / "text.png", tmp_path / "page.png"
    text.write_text("not a picture")
    odd.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n")
    for url, media_type, told in (
        ("https://example.com/a.png?key=secret", "image/png", "is at https:"),
        ((tmp_path / "gone.png").as_uri(), "image/png", "is gone"),
        (text.as_uri(), "image/png", "cannot be read as a picture"),
        (odd.as_uri(), "image/png", "cannot be read as a picture"),
        (text.as_uri(), "audio/wav", "not a picture"),
    ):
        message = str(refused(provider, video_step(Asset(url=url, media_type=media_type))))
        assert told in message
        assert "secret" not in message


def test_a_picture_that_would_fill_the_memory_is_refused_unread(tmp_path):
    huge = saved(tmp_path / "huge.png", Image.new("1", (10_000, 6_000)))
    assert "50 million" in str(refused(LocalVideoProvider(tmp_path), video_step(huge)))


def test_a_film_takes_one_picture_and_the_others_take_none(tmp_path):
    asset = saved(tmp_path / "a.png", Image.new("RGB", (8, 8)))
    assert "takes one input" in str(refused(LocalVideoProvider(tmp_path), video_step(asset, asset)))
    step = image_step()
    step.inputs = [asset]
    assert "takes no inputs" in str(refused(LocalImageProvider(tmp_path), step))
    sound = Step(provider="local-audio", model="local-audio-1", modality=Modality.AUDIO, inputs=[asset])
    assert "takes no inputs" in str(refused(LocalAudioProvider(tmp_path), sound))


@pytest.mark.parametrize("params", [{"size": "101x64"}, {"duration": 31}, {"fps": 0}, {"fade_in": 9}, {"width": 2000}])
def test_a_film_that_cannot_be_made_is_refused(tmp_path, params):
    refused(LocalVideoProvider(tmp_path), video_step(**params))


# --- ffmpeg ----------------------------------------------------------------------------------------------------------


def test_the_system_s_ffmpeg_is_used_where_the_wheel_is_not_installed(tmp_path, monkeypatch):
    program = tmp_path / "ffmpeg"
    program.symlink_to(find_ffmpeg())
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert find_ffmpeg() == str(program)


def test_without_ffmpeg_the_error_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    step = LocalVideoProvider(tmp_path).invoke(video_step())
    assert step.error_code == ProviderErrorCode.MODEL_ERROR
    assert 'pip install "genblaze-local[ffmpeg]"' in step.error


def test_an_ffmpeg_that_fails_is_quoted(tmp_path, monkeypatch):
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\necho 'Unknown encoder libx264' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    step = LocalVideoProvider(tmp_path / "out").invoke(video_step(size="64x48", duration=0.5))
    assert "Unknown encoder libx264" in step.error
    assert list((tmp_path / "out").iterdir()) == []
