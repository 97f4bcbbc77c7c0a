"""What ffmpeg makes of real media, as PyAV, another build of its libraries, reads it."""

import asyncio
import hashlib
import math
import subprocess
from typing import NamedTuple

import av
import numpy as np
import pytest
from PIL import Image, ImageFont
from sample_pipelines import pipeline_in

from genblaze import Asset, Modality, Pipeline, PipelineError, StepType, verify_file
from genblaze.errors import GenblazeError
from genblaze_ffmpeg import FFmpegCompositor, FFmpegTransform
from genblaze_ffmpeg.formats import format_like
from genblaze_ffmpeg.program import find_ffmpeg

H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
SOURCES = {
    "film.mp4": ("-f", "lavfi", "-i", "testsrc2=d=2:s=320x240:r=25", "-f", "lavfi", "-i", "sine=d=2", *H264),
    "silent.mp4": ("-f", "lavfi", "-i", "testsrc2=d=1:s=160x120:r=30", *H264),
    "small.webm": ("-f", "lavfi", "-i", "testsrc2=d=0.4:s=64x48:r=10", "-c:v", "libvpx-vp9"),
    "odd.webm": ("-f", "lavfi", "-i", "testsrc=d=0.2:s=65x49:r=10", "-c:v", "libvpx", "-pix_fmt", "yuv420p"),
    "speech.wav": ("-f", "lavfi", "-i", "sine=d=1.2:r=44100"),
    "long.wav": ("-f", "lavfi", "-i", "sine=frequency=880:d=5:r=48000"),
    "quiet.wav": ("-f", "lavfi", "-i", "sine=frequency=440:d=4:r=44100,volume=0.05"),
    "nothing.wav": ("-f", "lavfi", "-i", "anullsrc=d=1:r=44100"),
    "song.mp3": ("-f", "lavfi", "-i", "sine=d=1", "-c:a", "libmp3lame"),
}
TYPES = {"mp4": "video/mp4", "webm": "video/webm", "wav": "audio/wav", "mp3": "audio/mpeg", "png": "image/png"}


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    """Makes the media once; `media("film.mp4")` is a fresh asset."""
    folder = tmp_path_factory.mktemp("media")
    for name, arguments in SOURCES.items():
        subprocess.run([find_ffmpeg(), "-v", "error", *arguments, str(folder / name)], check=True)
    Image.new("RGB", (40, 30), "red").save(folder / "red.png")
    Image.new("RGB", (64, 48), "blue").save(folder / "blue.png")

    def asset(name, path=None):
        return Asset(url=(path or folder / name).as_uri(), media_type=TYPES[name.rpartition(".")[2]])

    asset.folder = folder
    return asset


class Streams(NamedTuple):
    seconds: float
    video: object = None
    audio: object = None


def streams(path):
    with av.open(str(path)) as container:
        video = next(iter(container.streams.video), None)
        audio = next(iter(container.streams.audio), None)
        return Streams(
            (container.duration or 0) / 1e6,
            video and (video.codec_context.name, video.width, video.height),
            audio and audio.codec_context.name,
        )


def frames(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def samples(path):
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=48_000)
        parts = [each.to_ndarray()[0] for frame in container.decode(audio=0) for each in resampler.resample(frame)]
        return np.concatenate(parts)


def made(folder, provider, inputs, modality=Modality.VIDEO, **params):
    """The file and the step that a provider makes of inputs."""
    pipeline = pipeline_in(folder / "out").step(
        provider, model="ffmpeg", modality=modality, external_inputs=inputs, **params
    )
    result = pipeline.run()
    step = result.run.steps[0]
    return result.local_path(step.assets[0]), step


def refusal(folder, provider, inputs, **params):
    with pytest.raises(GenblazeError) as caught:
        made(folder, provider, inputs, **params)
    return str(caught.value)


# --- compositor ------------------------------------------------------------------------------------------------------


def test_mux_takes_the_first_video_and_the_first_sound_and_ends_with_the_shorter(tmp_path, media):
    path, step = made(tmp_path, FFmpegCompositor(), [media("speech.wav"), media("film.mp4"), media("long.wav")])
    found = streams(path)
    assert (found.video, found.audio) == (("h264", 320, 240), "aac")
    assert found.seconds == pytest.approx(1.2, abs=0.1)
    assert (step.provider, step.step_type, step.cost_usd) == ("ffmpeg-compositor", StepType.MIX, 0.0)
    assert step.assets[0].sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert step.assets[0].media_type == "video/mp4"


def test_mux_leaves_the_pictures_as_they_were_coded(tmp_path, media):
    path, _ = made(tmp_path, FFmpegCompositor(), [media("silent.mp4"), media("long.wav")])
    before = frames(media.folder / "silent.mp4")
    assert len(before) == len(frames(path))
    assert all(map(np.array_equal, before, frames(path)))


def test_mux_may_last_as_long_as_the_longer_one(tmp_path, media):
    path, _ = made(tmp_path, FFmpegCompositor(), [media("silent.mp4"), media("long.wav")], shortest=False)
    assert streams(path).seconds == pytest.approx(5, abs=0.1)


def test_mux_codes_anew_what_mp4_cannot_hold(tmp_path, media):
    path, _ = made(tmp_path, FFmpegCompositor(), [media("small.webm"), media("song.mp3")])
    assert (streams(path).video, streams(path).audio) == (("vp9", 64, 48), "mp3float")


def test_concat_fits_clips_of_any_size_into_the_first_and_silent_ones_stay_silent(tmp_path, media):
    inputs = [media("film.mp4"), media("silent.mp4"), media("film.mp4")]
    path, step = made(tmp_path, FFmpegCompositor(), inputs, operation="concat")
    assert streams(path) == (pytest.approx(5, abs=0.15), ("h264", 320, 240), "aac")
    heard = samples(path)
    middle = heard[int(2.3 * 48_000) : int(2.7 * 48_000)]
    assert np.abs(middle).max() < 0.01 < np.abs(heard[:48_000]).max()
    assert step.step_type == StepType.MIX


def test_concat_puts_sounds_together_in_the_format_of_the_first(tmp_path, media):
    inputs = [media("speech.wav"), media("song.mp3")]
    path, step = made(tmp_path, FFmpegCompositor(), inputs, Modality.AUDIO, operation="concat")
    assert streams(path) == (pytest.approx(2.2, abs=0.1), None, "pcm_s16le")
    assert (step.modality, step.assets[0].media_type) == (Modality.AUDIO, "audio/wav")


def test_overlay_lays_a_picture_where_it_is_told(tmp_path, media):
    params = {"operation": "overlay", "x": -10, "y": -20, "width": 80}
    path, _ = made(tmp_path, FFmpegCompositor(), [media("film.mp4"), media("red.png")], **params)
    found = frames(path)
    assert len(found) == 50
    for frame in (found[0], found[-1]):
        inside = frame[160 + 10 : 220 - 10, 230 + 10 : 310 - 10].reshape(-1, 3).mean(axis=0)
        assert inside[0] > 200
        assert inside[1:].max() < 60
    assert streams(path).audio == "aac"


def test_overlay_of_two_pictures_is_a_picture(tmp_path, media):
    params = {"operation": "overlay", "x": 4, "y": 4, "opacity": 0.5}
    path, step = made(tmp_path, FFmpegCompositor(), [media("blue.png"), media("red.png")], Modality.IMAGE, **params)
    picture = np.asarray(Image.open(path).convert("RGB"), dtype=int)
    assert picture.shape == (48, 64, 3)
    assert np.abs(picture[20, 20] - [127, 0, 128]).max() <= 3
    assert list(picture[2, 2]) == [0, 0, 255]
    assert step.modality == Modality.IMAGE


@pytest.mark.parametrize(
    ("names", "params", "told"),
    [
        (["film.mp4"], {}, "there is no audio among its inputs (video/mp4)"),
        (["nothing.wav"], {}, "there is no video among its inputs (audio/wav)"),
        (["film.mp4"], {"operation": "concat"}, "two inputs or more"),
        (["film.mp4", "speech.wav"], {"operation": "concat"}, "all videos, or all sounds"),
        (["red.png", "blue.png"], {"operation": "concat"}, "all videos, or all sounds"),
        (["film.mp4", "speech.wav"], {"operation": "overlay"}, "two inputs with pictures"),
        (["film.mp4"], {"operation": "explode"}, "Operations: mux, concat, overlay"),
        (["film.mp4"], {"operation": "overlay", "opacity": 2}, "`float` <= 1.0 - at `$.opacity`"),
        (["film.mp4"], {"speed": 2}, "unknown field `speed`"),
    ],
)
def test_what_cannot_be_composed_is_refused_with_the_reason(tmp_path, media, names, params, told):
    assert told in refusal(tmp_path, FFmpegCompositor(), [media(name) for name in names], **params)


# --- transform -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "size"),
    [({"width": 160, "height": 90}, (160, 90)), ({"width": 160}, (160, 120)), ({"height": 60}, (80, 60))],
)
def test_resize_keeps_the_proportions_of_what_is_not_given(tmp_path, media, params, size):
    path, step = made(tmp_path, FFmpegTransform(), [media("film.mp4")], operation="resize", **params)
    assert streams(path) == (pytest.approx(2, abs=0.1), ("h264", *size), "aac")
    assert step.step_type == StepType.TRANSCODE


def test_resize_of_a_picture_is_a_picture_of_the_same_format(tmp_path, media):
    path, _ = made(tmp_path, FFmpegTransform(), [media("red.png")], Modality.IMAGE, operation="resize", width=20)
    picture = Image.open(path)
    assert (picture.format, picture.size, picture.convert("RGB").getpixel((5, 5))) == ("PNG", (20, 15), (255, 0, 0))


def test_crop_cuts_out_the_named_part(tmp_path, media):
    path, step = made(
        tmp_path, FFmpegTransform(), [media("film.mp4")], operation="crop", width=100, height=50, x=20, y=30
    )
    assert step.step_type == StepType.EDIT
    (before, *_), (after, *_) = frames(media.folder / "film.mp4"), frames(path)
    assert after.shape == (50, 100, 3)
    assert np.abs(before[30:80, 20:120].astype(int) - after).mean() < 6


@pytest.mark.parametrize(
    ("params", "seconds"),
    [({"start": 0.5, "end": 1.3}, 0.8), ({"start": 0.4, "duration": 0.4}, 0.4), ({"start": 1.5}, 0.5)],
)
def test_trim_begins_and_ends_at_the_frame(tmp_path, media, params, seconds):
    path, _ = made(tmp_path, FFmpegTransform(), [media("film.mp4")], operation="trim", **params)
    before, after = frames(media.folder / "film.mp4"), frames(path)
    assert len(after) == pytest.approx(seconds * 25, abs=1)
    first = math.ceil(params["start"] * 25)
    assert np.abs(before[first].astype(int) - after[0]).mean() < 6
    assert streams(path).audio == "aac"


def test_trim_of_a_sound_keeps_its_samples(tmp_path, media):
    path, _ = made(
        tmp_path, FFmpegTransform(), [media("speech.wav")], Modality.AUDIO, operation="trim", start=0.2, duration=0.5
    )
    assert streams(path).seconds == pytest.approx(0.5, abs=0.001)


WORDS = "it's 100%: \\ [a];,{b} %{pts} ':x=5:textfile=/etc/passwd"


def test_words_are_drawn_as_they_stand_whatever_they_contain(tmp_path, media):
    font = tmp_path / "it's [a]; font.ttf"
    font.write_bytes(ImageFont.load_default(20).font_bytes)
    provider = FFmpegTransform(font=font)
    look = {"operation": "overlay_text", "fontsize": 20, "x": "(w-text_w)/2", "y": 5, "fontcolor": "#ffffff@0.9"}
    path, step = made(tmp_path, provider, [media("blue.png")], Modality.IMAGE, text=WORDS, **look)
    assert np.asarray(Image.open(path).convert("RGB")).reshape(-1, 3)[:, 0].max() > 150
    assert step.params["text"] == WORDS


def test_what_is_not_said_is_as_published(tmp_path, media):
    given = [{"operation": "overlay_text", "text": "a"}, {"operation": "crop", "width": 2, "height": 2}]
    words, part = (FFmpegTransform().operation(each) for each in given)
    assert (words.fontsize, words.x, words.y, words.fontcolor, part.x, part.y) == (24, "10", "10", "white", 0, 0)
    _, step = made(tmp_path, FFmpegTransform(), [media("small.webm")], operation="convert_format")
    assert step.assets[0].media_type == "video/mp4"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x", "0:textfile=/etc/passwd"),
        ("y", "0,movie=/etc/passwd"),
        ("x", "0'[a];"),
        ("y", "10\n"),
        ("fontcolor", "white:text=hello"),
        ("fontcolor", "white\n"),
        ("fontsize", "20:x=1"),
    ],
)
def test_no_parameter_can_smuggle_in_a_filter(tmp_path, media, name, value):
    params = {"operation": "overlay_text", "text": "a", name: value}
    assert f"at `$.{name}`" in refusal(tmp_path, FFmpegTransform(), [media("blue.png")], **params)


def loudness(path):
    command = [find_ffmpeg(), "-hide_banner", "-nostats", "-i", str(path), "-af", "ebur128", "-f", "null", "-"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return float(told.rpartition("I:")[2].split()[0])


@pytest.mark.parametrize(("wanted", "reached"), [({}, -16), ({"loudness": -23}, -23)])
def test_normalising_reaches_the_loudness_that_was_asked_for(tmp_path, media, wanted, reached):
    path, _ = made(
        tmp_path, FFmpegTransform(), [media("quiet.wav")], Modality.AUDIO, operation="audio_normalize", **wanted
    )
    assert loudness(path) == pytest.approx(reached, abs=0.5)
    with av.open(str(path)) as container:
        assert container.streams.audio[0].rate == 44_100


def test_normalising_a_film_leaves_its_pictures(tmp_path, media):
    path, _ = made(tmp_path, FFmpegTransform(), [media("film.mp4")], operation="audio_normalize")
    assert all(map(np.array_equal, frames(media.folder / "film.mp4"), frames(path)))


@pytest.mark.parametrize(
    ("name", "target", "media_type", "found"),
    [
        ("film.mp4", "mkv", "video/x-matroska", (("h264", 320, 240), "aac")),
        ("small.webm", "mp4", "video/mp4", (("vp9", 64, 48), None)),
        ("odd.webm", "mp4", "video/mp4", (("h264", 66, 50), None)),
        ("silent.mp4", "webm", "video/webm", (("vp9", 160, 120), None)),
        ("small.webm", ".GIF", "image/gif", (("gif", 64, 48), None)),
        ("film.mp4", "jpeg", "image/jpeg", (("mjpeg", 320, 240), None)),
        ("film.mp4", "mp3", "audio/mpeg", (None, "mp3float")),
        ("speech.wav", "flac", "audio/flac", (None, "flac")),
        ("speech.wav", "opus", "audio/ogg", (None, "opus")),
        ("song.mp3", "m4a", "audio/mp4", (None, "aac")),
    ],
)
def test_convert_writes_what_was_named(tmp_path, media, name, target, media_type, found):
    path, step = made(tmp_path, FFmpegTransform(), [media(name)], operation="convert_format", format=target)
    names = {"libdav1d": "av1", "libvpx-vp9": "vp9", "libopus": "opus"}
    video, audio = streams(path)[1:]
    video = video and (names.get(video[0], video[0]), *video[1:])
    assert (video, names.get(audio, audio)) == found
    assert (step.assets[0].media_type, step.step_type) == (media_type, StepType.TRANSCODE)
    assert step.modality == Modality(media_type.partition("/")[0])


@pytest.mark.parametrize(
    ("named", "written"),
    [
        ("audio/mp3", "audio/mpeg"),
        ("audio/x-wav", "audio/wav"),
        ("audio/x-aiff", "audio/wav"),
        ("video/x-m4v", "video/mp4"),
    ],
)
def test_other_names_of_a_type_lead_to_its_format(named, written):
    assert format_like(Asset(url="file:///a", media_type=named)).media_type == written


def test_a_run_inside_a_running_event_loop_works_as_in_a_notebook(tmp_path, media):
    async def cell():
        return made(tmp_path, FFmpegTransform(), [media("red.png")], Modality.IMAGE, operation="resize", width=4)

    assert asyncio.run(cell())[1].status == "succeeded"


def test_the_sound_of_a_film_can_be_taken_out_without_coding_it_again(tmp_path, media):
    path, _ = made(tmp_path, FFmpegTransform(), [media("film.mp4")], operation="extract_audio")
    assert np.array_equal(samples(path), samples(media.folder / "film.mp4"))


@pytest.mark.parametrize(
    ("name", "params", "told"),
    [
        ("film.mp4", {}, "Operations: resize, crop, trim"),
        ("film.mp4", {"operation": "resize"}, "width, height or both"),
        ("film.mp4", {"operation": "resize", "width": 0}, "`int` >= 1 - at `$.width`"),
        ("film.mp4", {"operation": "resize", "width": 101}, "even sides: change width (101)"),
        ("film.mp4", {"operation": "crop", "width": 400, "height": 50}, "more than the picture has (320x240)"),
        ("film.mp4", {"operation": "crop", "width": 40}, "missing required field `height`"),
        ("film.mp4", {"operation": "trim", "start": 1, "end": 1}, "leave nothing"),
        ("film.mp4", {"operation": "trim", "start": 9}, "has only 2 s"),
        ("film.mp4", {"operation": "trim", "end": 1, "duration": 1}, "not both"),
        ("blue.png", {"operation": "trim", "end": 1}, "not a picture"),
        ("speech.wav", {"operation": "resize", "width": 2}, "needs an input with pictures"),
        ("silent.mp4", {"operation": "audio_normalize"}, "needs an input with sound"),
        ("nothing.wav", {"operation": "audio_normalize"}, "nothing to hear"),
        ("blue.png", {"operation": "convert_format", "format": "mp3"}, "nothing in image/png"),
        ("film.mp4", {"operation": "convert_format", "format": "doc"}, "Formats: mp4, mov, webm"),
        ("film.mp4", {"operation": "extract_audio", "format": "mp4"}, "which mp4 is not"),
    ],
)
def test_what_cannot_be_transformed_is_refused_with_the_reason(tmp_path, media, name, params, told):
    assert told in refusal(tmp_path, FFmpegTransform(), [media(name)], **params)


# --- what holds for both ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "names", "params"),
    [
        (FFmpegCompositor, ["film.mp4", "speech.wav"], {}),
        (FFmpegCompositor, ["film.mp4", "silent.mp4"], {"operation": "concat"}),
        (FFmpegTransform, ["film.mp4"], {"operation": "convert_format", "format": "webm"}),
        (FFmpegTransform, ["speech.wav"], {"operation": "convert_format", "format": "opus"}),
    ],
)
def test_equal_inputs_give_equal_bytes(tmp_path, media, provider, names, params):
    inputs = [media(name) for name in names]
    one, two = (made(tmp_path / folder, provider(), inputs, **params)[1] for folder in ("one", "two"))
    assert one.assets[0].sha256 == two.assets[0].sha256


def test_the_providers_work_by_name_and_outside_of_pipelines_as_published_programs_call_them(tmp_path, media):
    pipeline = Pipeline("named", output_dir=tmp_path)
    pipeline.step("ffmpeg-transform", model="any", external_inputs=[media("red.png")], operation="resize", width=10)
    result = pipeline.run()
    assert verify_file(result.local_path(result.run.steps[0].assets[0])).verdict == "exact"
    step = result.run.steps[0].model_copy(deep=True)
    step.inputs, step.assets, step.params = [media("silent.mp4"), media("speech.wav")], [], {}
    assert FFmpegCompositor(tmp_path, "ffmpeg", 60).generate(step).assets[0].media_type == "video/mp4"


def test_a_failed_step_is_tried_once(tmp_path, media):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"\0\0\0\x18ftypmp42" + b"\0" * 400)
    with pytest.raises(PipelineError) as caught:
        made(tmp_path, FFmpegTransform(), [media("x.mp4", broken)], operation="resize", width=10)
    step = caught.value.result.run.steps[0]
    assert step.retries == 0
    assert "input 0" in step.error
    assert str(tmp_path) not in step.error
