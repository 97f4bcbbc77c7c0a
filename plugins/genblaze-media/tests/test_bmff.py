"""MP4, MOV, M4A, 3GP, AVIF: what real decoders see in real files, what comes back, and what the files state."""

import io
import json
import re
import subprocess

import pytest
from imageio_ffmpeg import get_ffmpeg_exe
from mutagen.mp4 import MP4, MP4FreeForm
from PIL import Image
from sample_boxes import found_by_published, uuid_box
from sample_media import manifest_of, saved, sha256
from some_formats import only

from genblaze.embedding import content_digest, extract_manifest, inspect_file, strip_manifest
from genblaze.models.asset import AudioMetadata, VideoMetadata
from genblaze.verifying import Verdict
from genblaze_media import _plugin

PLUGINS, embed, verdict = only(heif=_plugin.heif, m4a=_plugin.m4a, mp4=_plugin.mp4)

PICTURE = ["-f", "lavfi", "-i", "testsrc2=d=1:s=64x48:r=25"]
SOUND = ["-f", "lavfi", "-i", "sine=d=1:r=44100"]
H264 = [*PICTURE, *SOUND, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"]
COPY = ["-i", "standard.mp4", "-c", "copy"]
FRAGMENTED = "frag_keyframe+empty_moov+default_base_moof"
COMMANDS = {
    "standard.mp4": H264,
    "faststart.mp4": [*COPY, "-movflags", "+faststart"],
    "fragmented.mp4": [*COPY, "-movflags", FRAGMENTED],
    "tagged.mp4": [*COPY, "-metadata", "title=T", "-metadata", "artist=A"],
    "standard.mov": COPY,
    "apple.m4v": COPY,
    "silent.mp4": [*PICTURE, "-c:v", "mpeg4", "-r", "30000/1001"],
    "phone.3gp": [*COPY],
    "sound.m4a": [*SOUND, "-ac", "2", "-c:a", "aac", "-metadata", "title=T"],
    "mono.m4a": [*SOUND, "-ac", "1", "-c:a", "aac"],
    "lossless.m4a": [*SOUND, "-ar", "96000", "-c:a", "alac"],
    "pcm.mov": [*SOUND, "-ac", "2", "-c:a", "pcm_s16le"],
    "cinema.mov": [*PICTURE, "-c:v", "prores_ks"],
    "spoken.mp4": [*SOUND, "-c:a", "libopus", "-ar", "48000", "-ac", "1"],
}
VIDEO_AND_SOUND = {
    "width": 64,
    "height": 48,
    "video": {"codec": "h264", "frame_rate": 25.0, "has_audio": True},
    "audio": {"codec": "aac", "sample_rate": 44100, "channels": 1},
}


def avif(frames: int = 1, **save: object) -> bytes:
    pictures = [Image.new("RGB", (40, 30), colour) for colour in ("red", "green", "blue")[:frames]]
    buffer = io.BytesIO()
    pictures[0].save(buffer, "AVIF", save_all=frames > 1, append_images=pictures[1:], speed=10, **save)
    return buffer.getvalue()


def exif() -> bytes:
    tags = Image.Exif()
    tags[0x010F] = "Maker"
    return tags.tobytes()


IMAGES = {
    "plain.avif": {},
    "metadata.avif": {"exif": exif(), "icc_profile": b"p" * 200, "xmp": b"<x/>"},
    "animated.avif": {"frames": 3, "duration": 40},
}
SAMPLES = [*COMMANDS, *IMAGES]


@pytest.fixture(scope="session")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("boxes")
    for name, arguments in COMMANDS.items():
        command = [get_ffmpeg_exe(), "-v", "error", "-threads", "1", *arguments, "-y", name]
        subprocess.run(command, cwd=folder, check=True, timeout=60)
    for name, save in IMAGES.items():
        (folder / name).write_bytes(avif(**save))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def sample(samples, tmp_path):
    return lambda name: saved(tmp_path, samples[name], name)


def facts(path):
    return inspect_file(path, plugins=PLUGINS).facts


def decoded(path):
    """Digests of the decoded streams, or all frames of an image."""
    if path.suffix == ".avif":
        with Image.open(path) as image:
            info = {key: image.info.get(key) for key in ("exif", "icc_profile", "xmp", "duration")}
            return info, [image.seek(index) or image.convert("RGBA").tobytes() for index in range(image.n_frames)]
    command = [get_ffmpeg_exe(), "-v", "error", "-i", path, "-map", "0", "-f", "streamhash", "-hash", "md5", "-"]
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout


def described(path):
    """What ffmpeg says about the container: duration, streams, tags."""
    text = subprocess.run(
        [get_ffmpeg_exe(), "-hide_banner", "-i", path], capture_output=True, check=False
    ).stderr.decode()
    return [re.sub(r"bitrate: \d+", "", line) for line in text.splitlines() if "Input" not in line]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_real_file_decodes_as_before_and_comes_back_byte_for_byte(sample, name):
    path = sample(name)
    content, before = path.read_bytes(), (decoded(path), described(path))
    assert embed(path).method == "inline"
    assert verdict(path) is Verdict.EXACT
    assert (decoded(path), described(path)) == before
    assert json.loads(found_by_published(path.read_bytes()))["run"]["steps"][0]["prompt"] == "a red fox, snøwy 🦊"
    embed(path, content, prompt="another")
    assert extract_manifest(path, plugins=PLUGINS).run.steps[0].prompt == "another"
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == content


@pytest.mark.parametrize("name", ["tagged.mp4", "sound.m4a"])
def test_mutagen_reads_the_same_tags(sample, name):
    path = sample(name)
    before = dict(MP4(path).tags)
    embed(path)
    assert dict(MP4(path).tags) == before
    assert before["\xa9nam"] == ["T"]


def test_the_index_of_a_fragmented_file_stays_last(sample):
    path = sample("fragmented.mp4")
    index = path.read_bytes()[-16:]
    assert index[4:8] == b"mfro"
    embed(path)
    assert path.read_bytes()[-16:] == index


@pytest.mark.parametrize("length", [70_000, 1_000_000])
@pytest.mark.parametrize("name", ["faststart.mp4", "plain.avif"])
def test_a_large_manifest_is_carried(sample, name, length):
    path = sample(name)
    content = path.read_bytes()
    embed(path, content, prompt="x" * length)
    assert verdict(path) is Verdict.EXACT
    assert len(found_by_published(path.read_bytes())) > length
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == content


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_that_the_published_package_made_is_proved(sample, name):
    path = sample(name)
    content = path.read_bytes()
    path.write_bytes(content + uuid_box(manifest_of(content).to_canonical_json().encode()))
    assert verdict(path) is Verdict.EXACT
    assert content_digest(path, plugins=PLUGINS).sha256 == sha256(content)
    embed(path, content)
    assert path.read_bytes().count(b'"canonical_hash"') == 1


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("name", ["sound.m4a", "mono.m4a", "tagged.mp4"])
def test_a_tag_of_the_published_package_is_read_and_proved(sample, name, padded):
    path = sample(name)
    if padded:
        MP4(path).save(padding=lambda _: 5000)
    content, before = path.read_bytes(), decoded(path)
    file = MP4(path)
    file["----:genblaze:manifest"] = [MP4FreeForm(manifest_of(content).to_canonical_json().encode(), 0)]
    file.save()
    assert extract_manifest(path, plugins=PLUGINS).run.steps[0].model == "brush-1"
    assert verdict(path) is Verdict.EXACT
    assert decoded(path) == before
    embed(path, content)
    assert verdict(path) is Verdict.EXACT
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == content


def test_a_tag_in_front_of_the_media_data_goes_without_moving_them(sample):
    path = sample("faststart.mp4")
    before, tags = decoded(path), dict(MP4(path).tags)
    file = MP4(path)
    file["----:genblaze:manifest"] = [MP4FreeForm(manifest_of(b"").to_canonical_json().encode(), 0)]
    file.save()
    length = path.stat().st_size
    assert strip_manifest(path, plugins=PLUGINS).size == length
    assert (decoded(path), dict(MP4(path).tags)) == (before, tags)
    assert verdict(path) is Verdict.NO_MANIFEST


def test_rewriting_the_container_keeps_the_essence_of_a_file_in_one_piece(sample):
    path = sample("faststart.mp4")
    embed(path)
    MP4(path).save(padding=lambda _: 4321)  # moves the media data and corrects the offsets
    assert verdict(path) is Verdict.ESSENCE


FACTS = {
    "standard.mp4": VIDEO_AND_SOUND,
    "faststart.mp4": VIDEO_AND_SOUND,
    "standard.mov": VIDEO_AND_SOUND,
    "phone.3gp": VIDEO_AND_SOUND,
    "fragmented.mp4": {**VIDEO_AND_SOUND, "duration": None, "video": {"codec": "h264", "has_audio": True}},
    "silent.mp4": {
        "width": 64,
        "height": 48,
        "video": {"codec": "mpeg4", "frame_rate": 30000 / 1001, "has_audio": False},
    },
    "cinema.mov": {
        "width": 64,
        "height": 48,
        "duration": 1.0,
        "video": {"codec": "prores", "frame_rate": 25.0, "has_audio": False},
    },
    "sound.m4a": {"audio": {"codec": "aac", "sample_rate": 44100, "channels": 2}},
    "mono.m4a": {"audio": {"codec": "aac", "sample_rate": 44100, "channels": 1}},
    "lossless.m4a": {"audio": {"codec": "alac", "sample_rate": 96000, "channels": 1}},
    "pcm.mov": {"duration": 1.0, "audio": {"codec": "pcm_s16le", "sample_rate": 44100, "channels": 2}},
    "spoken.mp4": {"audio": {"codec": "opus", "sample_rate": 48000, "channels": 1}},
    "plain.avif": {"width": 40, "height": 30},
    "animated.avif": {"width": 40, "height": 30, "duration": 0.12},
}


@pytest.mark.parametrize("name", FACTS)
def test_what_the_container_states_are_facts(sample, name):
    found = facts(sample(name))
    duration = found.pop("duration", None)
    expected = dict(FACTS[name])
    if "duration" in expected or name.endswith(".avif"):
        assert duration == expected.pop("duration", None)
    else:
        assert 0.99 < duration < 1.1
    assert found == expected
    assert not VideoMetadata(**found.get("video", {})).problems()
    assert not AudioMetadata(**found.get("audio", {})).problems()


TYPES = {
    "standard.mp4": "video/mp4",
    "standard.mov": "video/quicktime",
    "apple.m4v": "video/x-m4v",
    "phone.3gp": "video/3gpp",
    "sound.m4a": "audio/mp4",
    "spoken.mp4": "audio/mp4",
    "plain.avif": "image/avif",
    "animated.avif": "image/avif",
}


@pytest.mark.parametrize("name", TYPES)
def test_brand_and_tracks_prove_the_media_type(sample, name):
    assert inspect_file(sample(name), plugins=PLUGINS).media_type == TYPES[name]
